// What a plugin may ask of its host, apart from the network and programs. Each needs the capability
// that docs/abi.md names. What may go wrong gives an Outcome or null, which is good.
import { Json } from "./json";
import * as raw from "./raw";

export enum Answer {
  Ok = 0,
  BadText = 1,
  TooLarge = 2,
  NotGranted = 3,
  Invalid = 4,
  Failed = 5,
  NotFound = 6,
  TimedOut = 7,
  Closed = 8,
  TooSmall = 9,
  Unavailable = 10,
  TooMany = 11,
}

// Why a host function did not do what was asked, with a sentence.
export class HostError {
  constructor(
    public answer: Answer,
    public why: string,
  ) {}
}

// A value, or why there is none.
export class Result<T> {
  constructor(
    public error: HostError | null,
    public value: T,
  ) {}
  get ok(): bool {
    return this.error == null;
  }
  get why(): string {
    const error = this.error;
    return error == null ? "" : error.why;
  }
}

// Where host functions write numbers: 32 bytes, aligned to 8.
export const numbers: usize = memory.data(32, 8);

export function utf8(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}
export function pointer(bytes: ArrayBuffer): usize {
  return changetype<usize>(bytes);
}
export function size(bytes: ArrayBuffer): usize {
  return <usize>bytes.byteLength;
}

// A buffer that grows until a host function finds it large enough.
export class Growing {
  bytes: ArrayBuffer;
  answer: u32 = 0;

  constructor(first: i32) {
    this.bytes = new ArrayBuffer(first);
  }
  get at(): usize {
    return changetype<usize>(this.bytes);
  }
  get size(): usize {
    return <usize>this.bytes.byteLength;
  }
  // Whether to call again. `length` is what the host wrote.
  again(answer: u32, length: u32): bool {
    this.answer = answer;
    const larger = answer == Answer.TooSmall && <i32>length > this.bytes.byteLength;
    if (larger) {
      this.bytes = new ArrayBuffer(<i32>length);
    } else {
      this.bytes = this.bytes.slice(0, answer == 0 ? <i32>length : 0);
    }
    return larger;
  }
  get text(): string {
    return String.UTF8.decode(this.bytes);
  }
}

export function check(answer: u32): HostError | null {
  if (answer == 0) return null;
  let why = "";
  if (answer == 1) why = "What the plugin gave midimon is not UTF-8.";
  else if (answer == 2) why = "The plugin gave midimon more than it takes.";
  else if (answer == 6) why = "There is no such thing.";
  else if (answer == 8) why = "The other side has closed the connection.";
  else if (answer == 11) why = "The plugin has too many things open.";
  else {
    const said = new Growing(256);
    while (said.again(raw.last_error(said.at, said.size, numbers), load<u32>(numbers))) {}
    why = said.text;
  }
  return new HostError(answer, why.length > 0 ? why : "It went wrong.");
}

export enum Level {
  Debug,
  Info,
  Warning,
  Error,
}

// One line to midimon's log.
export function log(line: string, level: Level = Level.Info): void {
  const text = utf8(line);
  raw.log(level, pointer(text), size(text));
}

// The call's result, at most 64 KiB; the last one stands.
export function setOutput(value: Json): HostError | null {
  const text = utf8(value.dump());
  return check(raw.set_output(pointer(text), size(text)));
}

// What the pad shows: "state", "text", "color" and "led", each optional.
export function setState(value: Json): HostError | null {
  const text = utf8(value.dump());
  return check(raw.set_state(pointer(text), size(text)));
}

// The plugin's settings in the profile, an object; empty without any.
export function config(): Json {
  const text = new Growing(1024);
  while (text.again(raw.config_get(text.at, text.size, numbers), load<u32>(numbers))) {}
  const json = Json.parse(text.text);
  return json == null ? Json.object() : json;
}

// A secret that the user stored with --readable, or that the plugin stored itself.
export function secret(name: string): Result<string> {
  const key = utf8(name);
  const text = new Growing(256);
  while (
    text.again(raw.secret_get(pointer(key), size(key), text.at, text.size, numbers), load<u32>(numbers))
  ) {}
  return new Result<string>(check(text.answer), text.text);
}

// Keeps one of the plugin's own; an empty one is removed.
export function setSecret(name: string, value: string): HostError | null {
  const key = utf8(name);
  const text = utf8(value);
  return check(raw.secret_set(pointer(key), size(key), pointer(text), size(text)));
}

export class Storage {
  usedBytes: u64 = 0;
  allowedBytes: u64 = 0;
  usedEntries: u64 = 0;
  allowedEntries: u64 = 0;
}
export function storageUsage(): Result<Storage> {
  const answer = check(raw.storage_usage(numbers));
  const usage = new Storage();
  usage.usedBytes = load<u64>(numbers);
  usage.allowedBytes = load<u64>(numbers, 8);
  usage.usedEntries = load<u64>(numbers, 16);
  usage.allowedEntries = load<u64>(numbers, 24);
  return new Result<Storage>(answer, usage);
}

// Whole MIDI messages, to each output with `port` in its name; "" is the controllers themselves.
export function midiSend(port: string, bytes: Uint8Array): HostError | null {
  const name = utf8(port);
  return check(raw.midi_send(pointer(name), size(name), bytes.dataStart, <usize>bytes.length));
}

// "ctrl+shift+s", as in profiles.
export function keySend(chord: string): HostError | null {
  const text = utf8(chord);
  return check(raw.key_send(pointer(text), size(text)));
}
// Types it.
export function textSend(typed: string): HostError | null {
  const text = utf8(typed);
  return check(raw.text_send(pointer(text), size(text)));
}
// 1 left, 2 middle, 3 right, 4 to 7 the wheel up, down, left and right.
export function mouseClick(button: u32, count: u32 = 1): HostError | null {
  return check(raw.mouse_click(button, count));
}
// To a place of the screen, in pixels, or so far from where it is.
export function mouseMove(x: i32, y: i32, relative: bool = false): HostError | null {
  return check(raw.mouse_move(x, y, relative ? 1 : 0));
}

export class Volume {
  constructor(
    public percent: i32,
    public muted: bool,
  ) {}
}
// Of the output of that name; "" is the default one.
export function volume(output: string = ""): Result<Volume> {
  const name = utf8(output);
  const answer = check(raw.volume_get(pointer(name), size(name), numbers));
  return new Result<Volume>(answer, new Volume(load<i32>(numbers), load<u32>(numbers, 4) != 0));
}
export enum Mute {
  Off,
  On,
  Leave,
  Toggle,
}
// `percent` 0 to 100; -1 leaves it as it is.
export function setVolume(percent: i32, mute: Mute = Mute.Leave, output: string = ""): HostError | null {
  const name = utf8(output);
  return check(raw.volume_set(pointer(name), size(name), percent, mute));
}

// `urgency` is "low", "normal" or "critical".
export function notify(title: string, body: string = "", urgency: string = "normal"): HostError | null {
  const json = Json.object().set("title", Json.text(title)).set("body", Json.text(body));
  const text = utf8(json.set("urgency", Json.text(urgency)).dump());
  return check(raw.notify(pointer(text), size(text)));
}
// A web page or a mail: http, https or mailto.
export function openUrl(url: string): HostError | null {
  const text = utf8(url);
  return check(raw.open_url(pointer(text), size(text)));
}
export function clipboard(): Result<string> {
  const text = new Growing(1024);
  while (text.again(raw.clipboard_get(text.at, text.size, numbers), load<u32>(numbers))) {}
  return new Result<string>(check(text.answer), text.text);
}
export function setClipboard(contents: string): HostError | null {
  const text = utf8(contents);
  return check(raw.clipboard_set(pointer(text), size(text)));
}
// [{"name", "title", "focused"}], one for each window.
export function apps(): Result<Json> {
  const text = new Growing(4096);
  while (text.again(raw.app_list(text.at, text.size, numbers), load<u32>(numbers))) {}
  const json = Json.parse(text.text);
  return new Result<Json>(check(text.answer), json == null ? Json.array() : json);
}
// Gives a window of the program of that name the keyboard.
export function focusApp(name: string): HostError | null {
  const text = utf8(name);
  return check(raw.app_focus(pointer(text), size(text)));
}
// Starts the installed application whose desktop file is called so: "org.mozilla.firefox".
export function launchApp(id: string): HostError | null {
  const text = utf8(id);
  return check(raw.app_launch(pointer(text), size(text)));
}
