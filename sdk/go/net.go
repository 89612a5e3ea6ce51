//go:build wasip1

package midimon

import (
	"encoding/json"
	"io"
	"unsafe"
)

const (
	piece = 16384
	most  = 1 << 20
)

// Request is one over HTTP.
type Request struct {
	Method  string            `json:"method,omitempty"` // "": GET
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	// In their values, {{NAME}} stands for a secret that the plugin does not get to see.
	SecretHeaders map[string]string `json:"secret_headers,omitempty"`
	TimeoutMs     int               `json:"timeout_ms,omitempty"` // 0: the time of the call
	MaxRedirects  *int              `json:"max_redirects,omitempty"`
	Body          []byte            `json:"-"` // at most 1 MiB
}

// Response is what came back; a status such as 404 is one, too. Its body is read from it, and it has
// to be closed.
type Response struct {
	Status  int         `json:"status"`
	URL     string      `json:"url"` // after redirects
	Headers [][2]string `json:"headers"`
	handle  uint32
}

// Do asks, and waits for the head of the response.
func Do(request Request) (*Response, error) {
	response := &Response{}
	err := withJSON(request, func(text unsafe.Pointer, length uint32) uint32 {
		return rawHTTPRequest(text, length, bytesPointer(request.Body), uint32(len(request.Body)),
			unsafe.Pointer(&response.handle))
	})
	keep(request.Body)
	if err != nil {
		return nil, err
	}
	head, err := readWhole(4096, func(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32 {
		return rawHTTPHead(response.handle, buffer, capacity, length)
	})
	if err == nil {
		err = json.Unmarshal(head, response)
	}
	if err != nil {
		response.Close()
		return nil, err
	}
	return response, nil
}

// Get asks for a URL.
func Get(url string) (*Response, error) { return Do(Request{URL: url}) }

// Header gives the first of that name, which is in lower case.
func (r *Response) Header(name string) string {
	for _, pair := range r.Headers {
		if pair[0] == name {
			return pair[1]
		}
	}
	return ""
}

// Read gives the next piece of the body, and io.EOF at its end.
func (r *Response) Read(into []byte) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	var length uint32
	answer := rawHTTPRead(r.handle, bytesPointer(into), uint32(len(into)), unsafe.Pointer(&length))
	if err := check(answer); err != nil {
		return 0, err
	}
	if length == 0 {
		return 0, io.EOF
	}
	return int(length), nil
}

// Body reads what is left, at most 1 MiB.
func (r *Response) Body() ([]byte, error) { return readAll(r) }

// JSON reads what is left into a value.
func (r *Response) JSON(into any) error {
	body, err := r.Body()
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func (r *Response) Close() error { return check(rawHTTPClose(r.handle)) }

func readAll(from io.Reader) ([]byte, error) {
	all, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && len(all) > most {
		err = &HostError{TooLarge, "The answer is larger than the plugin takes."}
	}
	return all, err
}

// WebSocketRequest is what a connection begins with.
type WebSocketRequest struct {
	URL           string            `json:"url"` // ws or wss
	Headers       map[string]string `json:"headers,omitempty"`
	SecretHeaders map[string]string `json:"secret_headers,omitempty"`
	Protocols     []string          `json:"protocols,omitempty"`
	TimeoutMs     int               `json:"timeout_ms,omitempty"`
}

// WebSocket is a connection; in a plugin with Session one that is kept stays open from call to call.
type WebSocket struct{ handle uint32 }

// Connect returns once the server has agreed.
func Connect(request WebSocketRequest) (*WebSocket, error) {
	socket := &WebSocket{}
	err := withJSON(request, func(text unsafe.Pointer, length uint32) uint32 {
		return rawWSConnect(text, length, unsafe.Pointer(&socket.handle))
	})
	if err != nil {
		return nil, err
	}
	return socket, nil
}

func (s *WebSocket) SendText(text string) error {
	return withText(text, func(data unsafe.Pointer, length uint32) uint32 {
		return rawWSSend(s.handle, 1, data, length)
	})
}

func (s *WebSocket) SendBinary(data []byte) error {
	answer := rawWSSend(s.handle, 2, bytesPointer(data), uint32(len(data)))
	keep(data)
	return check(answer)
}

// Receive gives the next message; a HostError with TimedOut if none comes in time.
func (s *WebSocket) Receive(timeoutMs uint32) (data []byte, isText bool, err error) {
	var received struct{ kind, length uint32 }
	data, err = readWhole(piece, func(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32 {
		answer := rawWSReceive(s.handle, timeoutMs, buffer, capacity, unsafe.Pointer(&received))
		*(*uint32)(length) = received.length
		return answer
	})
	return data, received.kind == 1, err
}

// Close says goodbye, with 1000 or 3000 to 4999.
func (s *WebSocket) Close(code int) error { return check(rawWSClose(s.handle, uint32(code))) }

// Command is a program by its whole path, and its arguments.
type Command struct {
	Argv      []string `json:"argv"`
	TimeoutMs int      `json:"timeout_ms,omitempty"`
	Input     []byte   `json:"-"` // its stdin
}

// CommandOutput is how it ended.
type CommandOutput struct {
	Status          *int `json:"status"` // nil if a signal ended it
	Signal          *int `json:"signal"`
	TimedOut        bool `json:"timed_out"`
	StdoutTruncated bool `json:"stdout_truncated"`
	StderrTruncated bool `json:"stderr_truncated"`
	Stdout, Stderr  []byte
}

type stream struct{ handle, number uint32 }

func (s stream) Read(into []byte) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	var length uint32
	answer := rawExecRead(s.handle, s.number, bytesPointer(into), uint32(len(into)), unsafe.Pointer(&length))
	if err := check(answer); err != nil {
		return 0, err
	}
	if length == 0 {
		return 0, io.EOF
	}
	return int(length), nil
}

// Run runs a program to its end. One that fails is a result, too.
func Run(command Command) (*CommandOutput, error) {
	var handle uint32
	err := withJSON(command, func(text unsafe.Pointer, length uint32) uint32 {
		return rawExec(text, length, bytesPointer(command.Input), uint32(len(command.Input)), unsafe.Pointer(&handle))
	})
	keep(command.Input)
	if err != nil {
		return nil, err
	}
	defer rawExecClose(handle)
	ended, err := readWhole(256, func(buffer unsafe.Pointer, capacity uint32, length unsafe.Pointer) uint32 {
		return rawExecResult(handle, buffer, capacity, length)
	})
	if err != nil {
		return nil, err
	}
	output := &CommandOutput{}
	if err := json.Unmarshal(ended, output); err != nil {
		return nil, err
	}
	if output.Stdout, err = readAll(stream{handle, 1}); err != nil {
		return nil, err
	}
	output.Stderr, err = readAll(stream{handle, 2})
	return output, err
}
