//go:build wasip1

// Package midimon is what plugins for midimon are written with in Go. A plugin has
//
//	type Greeting struct {
//		Who string `json:"who" default:"world" description:"Whom to greet" minLength:"1"`
//	}
//
//	func init() {
//		plugin := midimon.Plugin{Name: "hello", Version: "1.0.0"}
//		midimon.Action(&plugin, "greet", "Greet", "Says hello", func(params Greeting, call midimon.Call) error {
//			midimon.Log(midimon.Info, "Hello, "+params.Who)
//			return nil
//		})
//		midimon.Register(plugin)
//	}
//
//	func main() {}
//
// and is built with GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared. docs/abi.md of midimon
// says what is underneath. Files are those of package os.
package midimon

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime"
	"unicode/utf8"
	"unsafe"
)

// What calls an action.
type Call struct {
	Action      string
	Velocity    *int  // 0 to 127
	Mode        *int  // the number of the mode
	TimestampMs int64 // since 1970
}

// What the plugin asks for, "network" or "audio:volume", narrowed by Allow, and why.
type Need struct {
	Kind   string   `json:"kind"`
	Allow  []string `json:"allow,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// What a plugin says of itself.
type Plugin struct {
	Name        string // the id: a to z, 0 to 9, with . _ - between them
	Version     string
	Description string
	Author      string
	License     string
	Homepage    string
	Session     bool // one instance keeps its memory and connections from call to call
	Needs       []Need
	Settings    any // a struct, as for params: what its user can set in the profile
	// Of a trigger plugin: asked again and again for events.
	Poll func() Events

	actions []action
}

type action struct {
	ID          string `json:"id"`
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	Params      any    `json:"params"`
	run         func(params []byte, call Call) error
}

// What a trigger plugin has to tell, in the words of `midimon simulate`: "press C2 100".
type Events struct {
	Events []string `json:"events"`
	NextMs int      `json:"next_ms,omitempty"` // when to be asked again
}

// PluginError is an error with a code of the plugin's own, 4 or more.
type PluginError struct {
	Code int
	Text string
}

func (e PluginError) Error() string { return e.Text }

// badParams are not the JSON that the action takes.
type badParams struct{ error }

// Action adds an action whose params are a struct: its fields' tags are json, description, default
// (JSON, or a text as it is), required:"true", enum (words between commas) and the keywords minimum,
// maximum, minLength, maxLength and pattern of JSON Schema.
func Action[T any](plugin *Plugin, id, label, description string, run func(params T, call Call) error) {
	var sample T
	plugin.actions = append(plugin.actions, action{
		ID: id, Label: label, Description: description, Params: schemaOf(sample),
		run: func(text []byte, call Call) error {
			var params T
			if err := readInto(text, &params); err != nil {
				return badParams{errors.New("The params are wrong: " + err.Error() + ".")}
			}
			return run(params, call)
		},
	})
}

var (
	registered Plugin
	metadata   []byte
	polled     []byte
	// What the host was given and has not given back, so that it stays.
	lent = map[uintptr][]byte{}
)

// Register makes the plugin known; once, in an init function.
func Register(plugin Plugin) {
	for i, need := range plugin.Needs {
		for at, letter := range need.Kind {
			if letter == ':' {
				plugin.Needs[i] = Need{need.Kind[:at], append([]string{need.Kind[at+1:]}, need.Allow...), need.Reason}
				break
			}
		}
	}
	registered = plugin
}

func pack(text []byte) int64 {
	if len(text) == 0 {
		return 0
	}
	return int64(uint64(uintptr(unsafe.Pointer(unsafe.SliceData(text))))<<32 | uint64(len(text)))
}

//go:wasmexport init
func abiInit() int64 {
	said := map[string]any{"name": registered.Name, "version": registered.Version, "actions": registered.actions}
	for key, text := range map[string]string{"description": registered.Description, "author": registered.Author,
		"license": registered.License, "homepage": registered.Homepage} {
		if text != "" {
			said[key] = text
		}
	}
	if registered.actions == nil {
		said["actions"] = []action{}
	}
	if registered.Session {
		said["lifetime"] = "session"
	}
	if registered.Poll != nil {
		said["type"] = "trigger"
	}
	if len(registered.Needs) > 0 {
		said["capabilities"] = registered.Needs
	}
	if registered.Settings != nil {
		said["settings"] = schemaOf(registered.Settings)
	}
	metadata, _ = json.Marshal(said)
	return pack(metadata)
}

// What a request may have; the host's own have less.
const maxRequest = 1 << 20

//go:wasmexport alloc
func abiAlloc(size uint32) uint32 {
	if size > maxRequest {
		return 0
	}
	memory := make([]byte, max(size, 1))
	address := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
	lent[address] = memory
	return uint32(address)
}

//go:wasmexport dealloc
func abiDealloc(address uint32, _ uint32) {
	delete(lent, uintptr(address))
}

//go:wasmexport poll
func abiPoll() int64 {
	if registered.Poll == nil {
		return 0
	}
	events := registered.Poll()
	if len(events.Events) == 0 && events.NextMs == 0 {
		return 0
	}
	if events.Events == nil {
		events.Events = []string{}
	}
	polled, _ = json.Marshal(events)
	return pack(polled)
}

//go:wasmexport execute
func abiExecute(address uint32, length uint32) int32 {
	memory := lent[uintptr(address)]
	if uint64(length) > uint64(len(memory)) {
		return 1 // nothing that `alloc` gave
	}
	err := execute(memory[:length])
	if err == nil {
		return 0
	}
	var wrong badParams
	var own PluginError
	text := err.Error()
	if text != "" {
		rawSetError(textPointer(text), uint32(len(text)))
	}
	switch {
	case err == errBadMemory:
		return 1
	case err == errBadJSON || errors.As(err, &wrong):
		return 2
	case errors.As(err, &own) && own.Code > 3:
		return int32(own.Code)
	}
	return 3
}

var (
	errBadMemory = errors.New("The request is not UTF-8.")
	errBadJSON   = errors.New("The request is not JSON.")
)

func execute(text []byte) error {
	if !utf8.Valid(text) {
		return errBadMemory
	}
	var request struct {
		Action  *string         `json:"action"`
		Params  json.RawMessage `json:"params"`
		Context struct {
			Velocity  *int  `json:"velocity"`
			Mode      *int  `json:"current_mode"`
			Timestamp int64 `json:"timestamp"`
		} `json:"context"`
	}
	if json.Unmarshal(text, &request) != nil || request.Action == nil {
		return errBadJSON
	}
	for _, action := range registered.actions {
		if action.ID == *request.Action {
			return action.run(request.Params, Call{action.ID, request.Context.Velocity, request.Context.Mode,
				request.Context.Timestamp})
		}
	}
	return errors.New("The plugin has no action \"" + *request.Action + "\".")
}

// readInto reads an object into a struct with its defaults; what the struct has not is an error.
func readInto(text []byte, into any) error {
	setDefaults(into)
	if len(text) == 0 {
		text = []byte("{}")
	}
	reader := json.NewDecoder(bytes.NewReader(text))
	reader.DisallowUnknownFields()
	if err := reader.Decode(into); err != nil {
		return err
	}
	return checkRequired(text, into)
}

func textPointer(text string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(text)) }
func bytesPointer(data []byte) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(data))
}

// keep holds what the host reads until it has.
func keep(values ...any) { runtime.KeepAlive(values) }
