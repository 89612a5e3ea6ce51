package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func walk(top string) error {
	out := bufio.NewWriter(os.Stdout)
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == top {
			return err
		}
		below, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		return show(out, path, below, entry)
	})
	return errors.Join(err, out.Flush())
}

func show(out *bufio.Writer, path, below string, entry fs.DirEntry) error {
	switch {
	case entry.IsDir():
		fmt.Fprintf(out, "d %s\n", below)
	case entry.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "l %s -> %s\n", below, target)
	default:
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "f %d %s\n", info.Size(), below)
	}
	return nil
}

// tidy moves every file below top to by-kind/EXTENSION/NAME and removes the directories left.
func tidy(top string) error {
	kinds := filepath.Join(top, "by-kind")
	if err := os.Mkdir(kinds, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(top)
	if err != nil {
		return err
	}
	moved, removed := 0, 0
	for _, entry := range entries {
		path := filepath.Join(top, entry.Name())
		if path == kinds {
			continue
		}
		err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				removed++
				return nil
			}
			moved++
			return putAway(path, kinds)
		})
		if err := errors.Join(err, os.RemoveAll(path)); err != nil {
			return err
		}
	}
	fmt.Printf("moved %d, removed %d\n", moved, removed)
	return nil
}

func putAway(path, kinds string) error {
	kind := strings.TrimPrefix(filepath.Ext(path), ".")
	if kind == "" {
		kind = "none"
	}
	directory := filepath.Join(kinds, kind)
	if err := os.MkdirAll(directory, 0o777); err != nil {
		return err
	}
	return os.Rename(path, filepath.Join(directory, filepath.Base(path)))
}
