//go:build wasip1

package midimon

import (
	"encoding/json"
	"unsafe"
)

// Answer is why a host function did not do what was asked.
type Answer int

const (
	BadText     Answer = 1  // not UTF-8
	TooLarge    Answer = 2  // more than the function takes
	NotGranted  Answer = 3  // the user has not allowed it
	Invalid     Answer = 4  // not the value that it should be
	Failed      Answer = 5  // tried, and it went wrong
	NotFound    Answer = 6  // no such handle, no such secret
	TimedOut    Answer = 7  // it took too long
	Closed      Answer = 8  // the other side has closed the connection
	Unavailable Answer = 10 // this machine or host offers no such thing
	TooMany     Answer = 11 // handles are open

	tooSmall = 9
)

// HostError is what the errors of this package are.
type HostError struct {
	Answer Answer
	Why    string // a sentence
}

func (e *HostError) Error() string { return e.Why }

var reasons = map[Answer]string{
	BadText:  "What the plugin gave midimon is not UTF-8.",
	TooLarge: "The plugin gave midimon more than it takes.",
	NotFound: "There is no such thing.",
	Closed:   "The other side has closed the connection.",
	TooMany:  "The plugin has too many things open.",
}

func check(answer uint32) error {
	if answer == 0 {
		return nil
	}
	why := reasons[Answer(answer)]
	if why == "" {
		said, _ := readWhole(256, rawLastError)
		why = string(said)
	}
	if why == "" {
		why = "It went wrong."
	}
	return &HostError{Answer(answer), why}
}

// readWhole calls host with a buffer that grows until it is large enough.
func readWhole(first int, host func(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32) ([]byte, error) {
	buffer := make([]byte, first)
	for {
		var length uint32
		answer := host(bytesPointer(buffer), uint32(len(buffer)), unsafe.Pointer(&length))
		if answer == tooSmall && int(length) > len(buffer) {
			buffer = make([]byte, length)
			continue
		}
		if answer == uint32(0) {
			return buffer[:length], nil
		}
		return nil, check(answer)
	}
}

func withText(text string, host func(text unsafe.Pointer, length uint32) uint32) error {
	answer := host(textPointer(text), uint32(len(text)))
	keep(text)
	return check(answer)
}

func withJSON(value any, host func(text unsafe.Pointer, length uint32) uint32) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return withText(string(text), host)
}

type Level uint32

const (
	Debug Level = iota
	Info
	Warning
	Error
)

// Log writes one line to midimon's log.
func Log(level Level, line string) {
	rawLog(uint32(level), textPointer(line), uint32(len(line)))
	keep(line)
}

// SetOutput gives the call's result, at most 64 KiB as JSON; the last one stands.
func SetOutput(value any) error { return withJSON(value, rawSetOutput) }

// State is what the pad shows; what is not given stays as it is.
type State struct {
	State string `json:"state,omitempty"` // what PluginState conditions of profiles ask for
	Text  string `json:"text,omitempty"`  // at most 64 characters
	Color string `json:"color,omitempty"` // "#rrggbb"
	LED   *int   `json:"led,omitempty"`   // 0 to 127
}

func SetState(state State) error { return withJSON(state, rawSetState) }

// Settings reads the plugin's settings in the profile into a struct, with its defaults.
func Settings(into any) error {
	text, err := readWhole(1024, rawConfigGet)
	if err != nil {
		return err
	}
	return readInto(text, into)
}

// Secret gives one that the user stored with --readable, or that the plugin stored itself.
func Secret(name string) (string, error) {
	value, err := readWhole(256, func(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32 {
		return rawSecretGet(textPointer(name), uint32(len(name)), buffer, capacity, length)
	})
	keep(name)
	return string(value), err
}

// SetSecret keeps one of the plugin's own; an empty one is removed.
func SetSecret(name, value string) error {
	answer := rawSecretSet(textPointer(name), uint32(len(name)), textPointer(value), uint32(len(value)))
	keep(name, value)
	return check(answer)
}

// Storage is what the plugin keeps in its directory, and what it may.
type Storage struct {
	UsedBytes, AllowedBytes, UsedEntries, AllowedEntries uint64
}

func StorageUsage() (Storage, error) {
	var usage Storage
	return usage, check(rawStorageUsage(unsafe.Pointer(&usage)))
}

// MIDISend sends whole messages to each output with port in its name; "" is the controllers.
func MIDISend(port string, messages []byte) error {
	answer := rawMIDISend(textPointer(port), uint32(len(port)), bytesPointer(messages), uint32(len(messages)))
	keep(port, messages)
	return check(answer)
}

// KeySend presses and releases "ctrl+shift+s", as in profiles.
func KeySend(chord string) error { return withText(chord, rawKeySend) }

// TextSend types it.
func TextSend(text string) error { return withText(text, rawTextSend) }

type Button uint32

const (
	Left Button = iota + 1
	Middle
	Right
	WheelUp
	WheelDown
	WheelLeft
	WheelRight
)

func MouseClick(button Button, count int) error {
	return check(rawMouseClick(uint32(button), uint32(count)))
}

// MouseMoveTo moves to a place of the screen, in pixels.
func MouseMoveTo(x, y int32) error { return check(rawMouseMove(x, y, 0)) }
func MouseMoveBy(x, y int32) error { return check(rawMouseMove(x, y, 1)) }

type Volume struct {
	Percent int
	Muted   bool
}

// GetVolume gives that of the output of that name; "" is the default one.
func GetVolume(output string) (Volume, error) {
	var volume struct{ percent, muted uint32 }
	err := withText(output, func(text unsafe.Pointer, length uint32) uint32 {
		return rawVolumeGet(text, length, unsafe.Pointer(&volume))
	})
	return Volume{int(volume.percent), volume.muted != 0}, err
}

type Mute uint32

const (
	Unmute Mute = iota
	Muted
	LeaveMute
	ToggleMute
)

// SetVolume sets 0 to 100 percent; -1 leaves it as it is.
func SetVolume(output string, percent int, mute Mute) error {
	return withText(output, func(text unsafe.Pointer, length uint32) uint32 {
		return rawVolumeSet(text, length, int32(percent), uint32(mute))
	})
}

// Notify shows a notification; urgency is "low", "normal" or "critical".
func Notify(title, body, urgency string) error {
	return withJSON(map[string]string{"title": title, "body": body, "urgency": urgency}, rawNotify)
}

// OpenURL opens a web page or a mail: http, https or mailto.
func OpenURL(url string) error { return withText(url, rawOpenURL) }

func Clipboard() (string, error) {
	text, err := readWhole(1024, rawClipboardGet)
	return string(text), err
}
func SetClipboard(text string) error { return withText(text, rawClipboardSet) }

type App struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Focused bool   `json:"focused"`
}

// Apps gives one for each window.
func Apps() ([]App, error) {
	text, err := readWhole(4096, rawAppList)
	if err != nil {
		return nil, err
	}
	var apps []App
	return apps, json.Unmarshal(text, &apps)
}

// FocusApp gives a window of the program of that name the keyboard.
func FocusApp(name string) error { return withText(name, rawAppFocus) }

// LaunchApp starts the installed application whose desktop file is called so:
// "org.mozilla.firefox".
func LaunchApp(id string) error { return withText(id, rawAppLaunch) }
