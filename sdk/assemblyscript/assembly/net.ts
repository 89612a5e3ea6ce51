// Requests over HTTP, WebSockets, and programs. What is opened has to be closed.
import { Answer, Growing, HostError, Result, check, numbers, pointer, size, utf8 } from "./host";
import { Json } from "./json";
import * as raw from "./raw";

const PIECE: i32 = 16384;
const MOST: i32 = 1 << 20;

// Pieces, joined to at most 1 MiB.
class Pieces {
  private bytes: ArrayBuffer = new ArrayBuffer(PIECE);
  private used: i32 = 0;

  // Room for the next piece.
  get room(): usize {
    if (this.bytes.byteLength - this.used < PIECE) {
      const larger = new ArrayBuffer(this.bytes.byteLength * 2);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.bytes), <usize>this.used);
      this.bytes = larger;
    }
    return changetype<usize>(this.bytes) + <usize>this.used;
  }
  // False if it is more than is taken.
  add(length: u32): bool {
    this.used += <i32>length;
    return this.used <= MOST;
  }
  get whole(): ArrayBuffer {
    return this.bytes.slice(0, this.used);
  }
}

function tooLarge(): HostError {
  return new HostError(Answer.TooLarge, "The answer is larger than the plugin takes.");
}

export class Request {
  method: string = "GET";
  headers: Map<string, string> = new Map();
  // In their values, {{NAME}} stands for a secret that the plugin does not get to see.
  secretHeaders: Map<string, string> = new Map();
  body: ArrayBuffer = new ArrayBuffer(0); // at most 1 MiB
  timeoutMs: i32 = -1; // -1: the time of the call
  maxRedirects: i32 = -1; // -1: 5
  protocols: string[] = []; // of a WebSocket

  constructor(public url: string) {}

  json(socket: bool): Json {
    const json = Json.object().set("url", Json.text(this.url));
    if (!socket) json.set("method", Json.text(this.method));
    putHeaders(json, "headers", this.headers);
    putHeaders(json, "secret_headers", this.secretHeaders);
    if (this.timeoutMs >= 0) json.set("timeout_ms", Json.integer(this.timeoutMs));
    if (!socket && this.maxRedirects >= 0) json.set("max_redirects", Json.integer(this.maxRedirects));
    if (socket && this.protocols.length > 0) {
      const list = Json.array();
      for (let i = 0; i < this.protocols.length; ++i) list.push(Json.text(this.protocols[i]));
      json.set("protocols", list);
    }
    return json;
  }
}

function putHeaders(json: Json, key: string, headers: Map<string, string>): void {
  const names = headers.keys();
  if (names.length == 0) return;
  const object = Json.object();
  for (let i = 0; i < names.length; ++i) object.set(names[i], Json.text(headers.get(names[i])));
  json.set(key, object);
}

export class Response {
  head: Json = new Json(); // {"status", "url", "headers": [["name", "value"], ...]}

  constructor(private handle: u32) {}

  get status(): i32 {
    return <i32>this.head.find("status").asInteger();
  }
  // The first header of that name, which is in lower case; "" if there is none.
  header(name: string): string {
    const headers = this.head.find("headers");
    for (let i = 0; i < headers.length; ++i) {
      if (headers.at(i).at(0).asText() == name) return headers.at(i).at(1).asText();
    }
    return "";
  }
  // All that is left of the body, at most 1 MiB.
  body(): Result<ArrayBuffer> {
    const pieces = new Pieces();
    while (true) {
      const answer = raw.http_read(this.handle, pieces.room, <usize>PIECE, numbers);
      if (answer != 0) return new Result<ArrayBuffer>(check(answer), new ArrayBuffer(0));
      const length = load<u32>(numbers);
      if (length == 0) return new Result<ArrayBuffer>(null, pieces.whole);
      if (!pieces.add(length)) return new Result<ArrayBuffer>(tooLarge(), new ArrayBuffer(0));
    }
  }
  text(): Result<string> {
    const body = this.body();
    return new Result<string>(body.error, String.UTF8.decode(body.value));
  }
  json(): Result<Json> {
    const text = this.text();
    if (!text.ok) return new Result<Json>(text.error, new Json());
    const json = Json.parse(text.value);
    if (json != null) return new Result<Json>(null, json);
    return new Result<Json>(new HostError(Answer.Invalid, "The server's answer is not JSON."), new Json());
  }
  close(): void {
    raw.http_close(this.handle);
  }
}

// Asks, and waits for the head of the response. A status such as 404 is a response, too.
export function fetch(request: Request): Result<Response> {
  const json = utf8(request.json(false).dump());
  const body = request.body;
  const answer = raw.http_request(pointer(json), size(json), pointer(body), size(body), numbers);
  if (answer != 0) return new Result<Response>(check(answer), new Response(0));
  const handle = load<u32>(numbers);
  const response = new Response(handle);
  const head = new Growing(4096);
  while (head.again(raw.http_head(handle, head.at, head.size, numbers), load<u32>(numbers))) {}
  const parsed = Json.parse(head.text);
  if (parsed != null) response.head = parsed;
  return new Result<Response>(check(head.answer), response);
}

export class Message {
  constructor(
    public isText: bool,
    public data: ArrayBuffer,
  ) {}
  get text(): string {
    return String.UTF8.decode(this.data);
  }
}

// In a "session" plugin a connection that is kept stays open from call to call.
export class WebSocket {
  constructor(private handle: u32) {}

  static connect(request: Request): Result<WebSocket> {
    const json = utf8(request.json(true).dump());
    const answer = raw.ws_connect(pointer(json), size(json), numbers);
    return new Result<WebSocket>(check(answer), new WebSocket(answer == 0 ? load<u32>(numbers) : 0));
  }
  sendText(text: string): HostError | null {
    const data = utf8(text);
    return check(raw.ws_send(this.handle, 1, pointer(data), size(data)));
  }
  sendBinary(data: ArrayBuffer): HostError | null {
    return check(raw.ws_send(this.handle, 2, pointer(data), size(data)));
  }
  // The next message; Answer.TimedOut if none comes in time.
  receive(timeoutMs: u32): Result<Message> {
    const data = new Growing(PIECE);
    while (
      data.again(raw.ws_receive(this.handle, timeoutMs, data.at, data.size, numbers), load<u32>(numbers, 4))
    ) {}
    const isText = load<u32>(numbers) == 1;
    return new Result<Message>(check(data.answer), new Message(isText, data.bytes));
  }
  // Says goodbye, with 1000 or 3000 to 4999.
  close(code: u32 = 1000): void {
    raw.ws_close(this.handle, code);
  }
}

export class Ended {
  status: i32 = -1; // -1 if a signal ended it
  timedOut: bool = false;
  out: ArrayBuffer = new ArrayBuffer(0);
  err: ArrayBuffer = new ArrayBuffer(0);
}

// Runs a program, by its whole path, to its end. One that fails is a result, too.
export function run(argv: string[], input: ArrayBuffer | null = null, timeoutMs: i32 = -1): Result<Ended> {
  const list = Json.array();
  for (let i = 0; i < argv.length; ++i) list.push(Json.text(argv[i]));
  const request = Json.object().set("argv", list);
  if (timeoutMs >= 0) request.set("timeout_ms", Json.integer(timeoutMs));
  const json = utf8(request.dump());
  const given = input == null ? new ArrayBuffer(0) : input;
  const answer = raw.exec(pointer(json), size(json), pointer(given), size(given), numbers);
  const ended = new Ended();
  if (answer != 0) return new Result<Ended>(check(answer), ended);
  const handle = load<u32>(numbers);
  const text = new Growing(256);
  while (text.again(raw.exec_result(handle, text.at, text.size, numbers), load<u32>(numbers))) {}
  const result = Json.parse(text.text);
  if (result != null) {
    ended.status = <i32>result.find("status").asInteger(-1);
    ended.timedOut = result.find("timed_out").asBool();
  }
  ended.out = stream(handle, 1);
  ended.err = stream(handle, 2);
  raw.exec_close(handle);
  return new Result<Ended>(check(text.answer), ended);
}

// At most 64 KiB of each is kept.
function stream(handle: u32, number: u32): ArrayBuffer {
  const pieces = new Pieces();
  while (raw.exec_read(handle, number, pieces.room, <usize>PIECE, numbers) == 0) {
    const length = load<u32>(numbers);
    if (length == 0 || !pieces.add(length)) break;
  }
  return pieces.whole;
}
