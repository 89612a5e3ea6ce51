// The exports that the host calls. A plugin's source ends in
//   export { init, alloc, dealloc, execute } from "../sdk/assembly/abi";
// and with poll where it is a trigger, and has called register() before.
import { utf8 } from "./host";
import { Json, Kind } from "./json";
import { Call, Failure, Params, Plugin } from "./plugin";
import * as raw from "./raw";

const BAD_MEMORY: i32 = 1;
const BAD_JSON: i32 = 2;
// What a request may have; the host's own have less.
const MAX_REQUEST: usize = 1 << 20;

let registered: Plugin = new Plugin("", "");
// What the host was told the place of has to stay there.
let metadata: ArrayBuffer = new ArrayBuffer(0);
let polled: ArrayBuffer = new ArrayBuffer(0);

// Makes the plugin known; once, at the top of its source.
export function register(plugin: Plugin): void {
  registered = plugin;
}

function pack(text: ArrayBuffer): i64 {
  return ((<i64>changetype<usize>(text)) << 32) | <i64>text.byteLength;
}

export function init(): i64 {
  metadata = utf8(registered.metadata());
  return pack(metadata);
}

export function alloc(size: usize): usize {
  return size > MAX_REQUEST ? 0 : heap.alloc(size);
}

export function dealloc(address: usize, size: usize): void {
  heap.free(address);
}

export function poll(): i64 {
  const ask = registered.poll;
  if (ask == null) return 0;
  polled = utf8(ask().json.dump());
  return pack(polled);
}

export function execute(address: usize, length: usize): i32 {
  if (<u64>address + <u64>length > (<u64>memory.size()) << 16) return BAD_MEMORY;
  if (!isUtf8(address, length)) return BAD_MEMORY;
  const request = Json.parse(String.UTF8.decodeUnsafe(address, length));
  if (request == null || request.find("action").kind != Kind.String) return BAD_JSON;
  const call = new Call(request.find("action").asText());
  const context = request.find("context");
  call.velocity = <i32>context.find("velocity").asInteger(-1);
  call.mode = <i32>context.find("current_mode").asInteger(-1);
  call.timestampMs = context.find("timestamp").asInteger();
  for (let i = 0; i < registered.actions.length; ++i) {
    const action = registered.actions[i];
    if (action.id != call.action) continue;
    const given = request.has("params") ? request.find("params") : Json.object();
    const problem = action.problem(given);
    if (problem.length > 0) return say("The params are wrong. " + problem, BAD_JSON);
    const failure = action.run(new Params(given, action), call);
    return failure == null ? 0 : fail(failure);
  }
  return say('The plugin has no action "' + call.action + '".', 3);
}

function fail(failure: Failure): i32 {
  return say(failure.text, failure.code < 3 ? 3 : failure.code);
}

function say(text: string, code: i32): i32 {
  const bytes = utf8(text);
  raw.set_error(changetype<usize>(bytes), <usize>bytes.byteLength);
  return code;
}

// The shortest form of each character, no surrogates, nothing above U+10FFFF.
function isUtf8(address: usize, length: usize): bool {
  const end = address + length;
  for (let at = address; at < end; ) {
    const first = load<u8>(at);
    const size: usize = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (size == 0 || end - at < size) return false;
    for (let k: usize = 1; k < size; ++k) {
      if ((load<u8>(at + k) & 0xc0) != 0x80) return false;
    }
    const second: u8 = size > 1 ? load<u8>(at + 1) : 0;
    if (first == 0xe0 && second < 0xa0) return false;
    if (first == 0xed && second >= 0xa0) return false;
    if (first == 0xf0 && second < 0x90) return false;
    if (first == 0xf4 && second >= 0x90) return false;
    at += size;
  }
  return true;
}

// What AssemblyScript calls where it cannot go on.
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  say((message == null ? "aborted" : message) + " in line " + line.toString(), 3);
  unreachable();
}
