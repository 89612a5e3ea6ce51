package main

import (
	"bufio"
	"container/heap"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"
)

const runBytes = 512 * 1024

// run is a sorted file that is being merged; front is its next line, empty at its end.
type run struct {
	file  *os.File
	in    *bufio.Reader
	front string
}

func (r *run) advance() error {
	var err error
	r.front, err = r.in.ReadString('\n')
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

type fronts []*run

func (f fronts) Len() int           { return len(f) }
func (f fronts) Less(i, j int) bool { return f[i].front < f[j].front }
func (f fronts) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *fronts) Push(x any)        { *f = append(*f, x.(*run)) }
func (f *fronts) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// readLines sends the lines of a file in batches of about runBytes.
func readLines(in io.Reader, batches chan<- []string) error {
	defer close(batches)
	reader := bufio.NewReader(in)
	var lines []string
	bytes := 0
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			batches <- lines
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		lines = append(lines, line)
		if bytes += len(line); bytes >= runBytes {
			batches <- lines
			lines, bytes = nil, 0
		}
	}
}

// writeRun sorts lines into a new file of directory, and leaves it at its start.
func writeRun(directory string, lines []string) (*run, error) {
	sort.Strings(lines)
	file, err := os.CreateTemp(directory, "run-*")
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriter(file)
	for _, line := range lines {
		out.WriteString(line)
	}
	if err := out.Flush(); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	r := &run{file: file, in: bufio.NewReader(file)}
	return r, r.advance()
}

func writeRuns(input, directory string) (fronts, error) {
	in, err := os.Open(input)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	batches := make(chan []string)
	done := make(chan error, 1)
	go func() { done <- readLines(in, batches) }()
	var runs fronts
	var failed error
	for lines := range batches {
		r, err := writeRun(directory, lines)
		failed = errors.Join(failed, err)
		if err == nil && r.front != "" {
			runs = append(runs, r)
		}
	}
	return runs, errors.Join(failed, <-done)
}

func merge(runs fronts, output string) error {
	file, err := os.Create(output)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	heap.Init(&runs)
	for len(runs) > 0 {
		least := runs[0]
		out.WriteString(least.front)
		if err := least.advance(); err != nil {
			return err
		}
		if least.front == "" {
			heap.Pop(&runs)
			least.file.Close()
		} else {
			heap.Fix(&runs, 0)
		}
	}
	return errors.Join(out.Flush(), file.Sync())
}

// sortLines sorts the lines of a file by their bytes: runs of bounded size, merged through a heap.
func sortLines(input, output string) error {
	directory, err := os.MkdirTemp(filepath.Dir(output), "sort-*")
	if err != nil {
		return err
	}
	runs, err := writeRuns(input, directory)
	if err != nil {
		return err
	}
	if err := merge(runs, output+".part"); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(directory), os.Rename(output+".part", output))
}
