//go:build wasip1

// @NAME@: a plugin for midimon.
package main

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"midimon"
)

// The params of the action. What midimon checks in a profile is made of this, too.
type Greeting struct {
	Who   string `json:"who" default:"world" description:"Whom to greet" minLength:"1" maxLength:"64"`
	Count bool   `json:"count" default:"false" description:"Say how many were greeted, which is kept in a file"`
}

type greeted struct {
	Greeting string `json:"greeting"`
	Count    int    `json:"count,omitempty"`
}

func countUp() (int, error) {
	text, err := os.ReadFile("/count")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	count, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	count++
	if err := os.WriteFile("/count.tmp", []byte(strconv.Itoa(count)), 0o600); err != nil {
		return 0, err
	}
	return count, os.Rename("/count.tmp", "/count")
}

func greet(params Greeting, _ midimon.Call) error {
	output := greeted{Greeting: "Hello, " + params.Who + "!"}
	midimon.Log(midimon.Info, output.Greeting)
	if params.Count {
		count, err := countUp()
		if err != nil {
			return err
		}
		output.Count = count
	}
	return midimon.SetOutput(output)
}

func init() {
	plugin := midimon.Plugin{Name: "@NAME@", Version: "0.1.0", Description: "Says hello",
		Needs: []midimon.Need{{Kind: "filesystem", Reason: "to count whom it greeted"}}}
	midimon.Action(&plugin, "greet", "Greet", "Says hello to somebody", greet)
	midimon.Register(plugin)
}

func main() {}
