// What tests/programs/README.md asks of every program, in AssemblyScript over its WASI shim.
import { filetype } from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";
import * as files from "./files";
import { sortLines } from "./sort";

let moved = 0;
let removed = 0;

function join(directory: string, name: string): string {
  return directory.length == 0 || directory.endsWith("/") ? directory + name : directory + "/" + name;
}

function walk(directory: string, shown: string): void {
  const entries = files.entries(directory);
  for (let i = 0; i < entries.length; ++i) {
    const path = join(directory, entries[i].name);
    const below = join(shown, entries[i].name);
    if (entries[i].type == filetype.DIRECTORY) {
      console.log("d " + below);
      walk(path, below);
    } else if (entries[i].type == filetype.SYMBOLIC_LINK) {
      console.log("l " + below + " -> " + files.readlink(path));
    } else {
      console.log("f " + files.size(path).toString() + " " + below);
    }
  }
}

// Moves every file below `directory` to kinds/EXTENSION/NAME and removes the directories left.
function emptyOut(directory: string, kinds: string): void {
  const entries = files.entries(directory);
  for (let i = 0; i < entries.length; ++i) {
    const name = entries[i].name;
    const path = join(directory, name);
    if (path == kinds) continue;
    if (entries[i].type == filetype.DIRECTORY) {
      emptyOut(path, kinds);
      files.removeDirectory(path);
      ++removed;
      continue;
    }
    const dot = name.lastIndexOf(".");
    const kind = join(kinds, dot < 0 ? "none" : name.substring(dot + 1));
    files.makeDirectory(kind);
    files.rename(path, join(kind, name));
    ++moved;
  }
}

function tidy(directory: string): void {
  const kinds = join(directory, "by-kind");
  files.makeDirectory(kinds);
  emptyOut(directory, kinds);
  console.log("moved " + moved.toString() + ", removed " + removed.toString());
}

function reach(paths: string[]): void {
  for (let i = 0; i < paths.length; ++i) {
    console.log(paths[i] + (files.opens(paths[i]) ? ": open" : ": refused"));
  }
}

// Copies stdin to stdout; says on stderr what a variable, the clocks and random numbers are.
function streams(variable: string): void {
  const buffer = new ArrayBuffer(1000);
  for (;;) {
    const count = process.stdin.read(buffer);
    if (count == 0) break;
    process.stdout.write(buffer.slice(0, count));
  }
  const one = new Uint8Array(64);
  const other = new Uint8Array(64);
  crypto.getRandomValues(one);
  crypto.getRandomValues(other);
  const start = process.hrtime();
  while (process.hrtime() - start < 1000000) {}
  process.stderr.write(variable + ": " + process.env.get(variable) + "\n");
  process.stderr.write("random: " + (one.toString() != other.toString()).toString() + "\n");
  process.stderr.write("now: " + (Date.now() / 1000).toString() + "\n");
}

const args = process.argv;
const command = args.length > 2 ? args[1] : "";
if (command == "sort" && args.length == 4) {
  sortLines(args[2], args[3]);
} else if (command == "walk") {
  walk(args[2], "");
} else if (command == "tidy") {
  tidy(args[2]);
} else if (command == "reach") {
  reach(args.slice(2));
} else if (command == "streams") {
  streams(args[2]);
} else {
  process.stderr.write("usage: sort IN OUT | walk DIR | tidy DIR | reach PATH... | streams VARIABLE\n");
  process.exit(2);
}
