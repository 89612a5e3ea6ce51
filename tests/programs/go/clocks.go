package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// clocks says what timers, goroutines, random numbers and the times of files do.
func clocks(directory string) error {
	start := time.Now()
	time.Sleep(20 * time.Millisecond)
	fmt.Println("slept:", time.Since(start) >= 20*time.Millisecond)
	fmt.Println("first:", firstOfTwoTimers())

	path := filepath.Join(directory, "dated")
	if err := os.WriteFile(path, []byte("dated"), 0o666); err != nil {
		return err
	}
	when := time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)
	if err := os.Chtimes(path, when, when); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Println("dated:", info.ModTime().UTC().Format(time.RFC3339Nano))

	one, other := make([]byte, 100_000), make([]byte, 100_000)
	rand.Read(one)
	rand.Read(other)
	fmt.Println("random:", string(one) != string(other))
	fmt.Println("now:", time.Now().Unix())
	return nil
}

func firstOfTwoTimers() string {
	long := make(chan string)
	go func() {
		time.Sleep(10 * time.Second)
		long <- "the long one"
	}()
	select {
	case name := <-long:
		return name
	case <-time.After(5 * time.Millisecond):
		return "the short one"
	}
}
