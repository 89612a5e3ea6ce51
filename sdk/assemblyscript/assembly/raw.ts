// The host's functions as the module "midimon" has them.

// @ts-ignore: decorator
@external("midimon", "log")
export declare function log(level: u32, text: usize, length: usize): void;
// @ts-ignore: decorator
@external("midimon", "set_output")
export declare function set_output(json: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "set_error")
export declare function set_error(text: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "storage_usage")
export declare function storage_usage(usage: usize): u32;
// @ts-ignore: decorator
@external("midimon", "last_error")
export declare function last_error(buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "http_request")
export declare function http_request(request: usize, request_length: usize, body: usize, body_length: usize, handle: usize): u32;
// @ts-ignore: decorator
@external("midimon", "http_head")
export declare function http_head(handle: u32, buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "http_read")
export declare function http_read(handle: u32, buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "http_close")
export declare function http_close(handle: u32): u32;
// @ts-ignore: decorator
@external("midimon", "ws_connect")
export declare function ws_connect(request: usize, request_length: usize, handle: usize): u32;
// @ts-ignore: decorator
@external("midimon", "ws_send")
export declare function ws_send(handle: u32, kind: u32, data: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "ws_receive")
export declare function ws_receive(handle: u32, timeout_ms: u32, buffer: usize, capacity: usize, received: usize): u32;
// @ts-ignore: decorator
@external("midimon", "ws_close")
export declare function ws_close(handle: u32, code: u32): u32;
// @ts-ignore: decorator
@external("midimon", "exec")
export declare function exec(request: usize, request_length: usize, input: usize, input_length: usize, handle: usize): u32;
// @ts-ignore: decorator
@external("midimon", "exec_result")
export declare function exec_result(handle: u32, buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "exec_read")
export declare function exec_read(handle: u32, stream: u32, buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "exec_close")
export declare function exec_close(handle: u32): u32;
// @ts-ignore: decorator
@external("midimon", "midi_send")
export declare function midi_send(port: usize, port_length: usize, bytes: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "key_send")
export declare function key_send(chord: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "text_send")
export declare function text_send(text: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "mouse_click")
export declare function mouse_click(button: u32, count: u32): u32;
// @ts-ignore: decorator
@external("midimon", "mouse_move")
export declare function mouse_move(x: i32, y: i32, relative: u32): u32;
// @ts-ignore: decorator
@external("midimon", "volume_get")
export declare function volume_get(output: usize, length: usize, volume: usize): u32;
// @ts-ignore: decorator
@external("midimon", "volume_set")
export declare function volume_set(output: usize, length: usize, percent: i32, mute: u32): u32;
// @ts-ignore: decorator
@external("midimon", "notify")
export declare function notify(json: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "open_url")
export declare function open_url(url: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "clipboard_get")
export declare function clipboard_get(buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "clipboard_set")
export declare function clipboard_set(text: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "app_list")
export declare function app_list(buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "app_focus")
export declare function app_focus(name: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "app_launch")
export declare function app_launch(id: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "secret_get")
export declare function secret_get(name: usize, name_length: usize, buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "secret_set")
export declare function secret_set(name: usize, name_length: usize, value: usize, value_length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "config_get")
export declare function config_get(buffer: usize, capacity: usize, length: usize): u32;
// @ts-ignore: decorator
@external("midimon", "set_state")
export declare function set_state(json: usize, length: usize): u32;
