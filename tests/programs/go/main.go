// What tests/programs/README.md asks of every program, in Go over its standard library.
package main

import (
	"fmt"
	"os"
)

func main() {
	args := os.Args[1:]
	if len(args) < 2 {
		usage()
	}
	var err error
	switch command := args[0]; {
	case command == "sort" && len(args) == 3:
		err = sortLines(args[1], args[2])
	case command == "walk":
		err = walk(args[1])
	case command == "tidy":
		err = tidy(args[1])
	case command == "reach":
		reach(args[1:])
	case command == "clocks":
		err = clocks(args[1])
	default:
		usage()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: sort IN OUT | walk DIR | tidy DIR | reach PATH... | clocks DIR")
	os.Exit(2)
}

func reach(paths []string) {
	for _, path := range paths {
		file, err := os.Open(path)
		if err == nil {
			file.Close()
			fmt.Printf("%s: open\n", path)
		} else {
			fmt.Printf("%s: refused\n", path)
		}
	}
}
