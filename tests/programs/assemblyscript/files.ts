// Files over WASI's own calls: AssemblyScript's standard library has none.
import * as wasi from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";

const ROOT: wasi.fd = 3; // the first directory that is given
const BUFFER: i32 = 32 * 1024;
const out = memory.data(64); // where calls leave their results

export function check(code: wasi.errno, what: string): void {
  if (code == wasi.errno.SUCCESS) return;
  process.stderr.write(what + ": " + wasi.errnoToString(code) + "\n");
  process.exit(1);
}

// A path as WASI takes it: relative to the root, in UTF-8.
class Name {
  bytes: ArrayBuffer;
  constructor(path: string) {
    if (path.startsWith("/")) path = path.substring(1);
    this.bytes = String.UTF8.encode(path.length == 0 ? "." : path);
  }
  get at(): usize {
    return changetype<usize>(this.bytes);
  }
  get size(): usize {
    return this.bytes.byteLength;
  }
}

function open(path: string, flags: wasi.oflags, rights: wasi.rights): wasi.errno {
  const name = new Name(path);
  return wasi.path_open(ROOT, wasi.lookupflags.SYMLINK_FOLLOW, name.at, name.size, flags, rights, rights, 0, out);
}

export function opens(path: string): bool {
  if (open(path, 0, wasi.rights.FD_READ) != wasi.errno.SUCCESS) return false;
  wasi.fd_close(load<u32>(out));
  return true;
}

export class Reader {
  private fd: wasi.fd;
  private buffer: Uint8Array = new Uint8Array(BUFFER);
  private used: i32 = 0;
  private filled: i32 = 0;

  constructor(path: string) {
    check(open(path, 0, wasi.rights.FD_READ | wasi.rights.FD_SEEK), path);
    this.fd = load<u32>(out);
  }

  private fill(): bool {
    store<usize>(out, this.buffer.dataStart);
    store<usize>(out, BUFFER, sizeof<usize>());
    check(wasi.fd_read(this.fd, out, 1, out + 2 * sizeof<usize>()), "read");
    this.filled = load<u32>(out, 2 * sizeof<usize>());
    this.used = 0;
    return this.filled > 0;
  }

  // The next line with its newline; empty at the end.
  line(): Uint8Array {
    let line = new Uint8Array(0);
    while (this.used < this.filled || this.fill()) {
      const rest = this.buffer.subarray(this.used, this.filled);
      const newline = rest.indexOf(10);
      const taken = newline < 0 ? rest.length : newline + 1;
      const longer = new Uint8Array(line.length + taken);
      longer.set(line);
      longer.set(rest.subarray(0, taken), line.length);
      line = longer;
      this.used += taken;
      if (newline >= 0) break;
    }
    return line;
  }

  close(): void {
    check(wasi.fd_close(this.fd), "close");
  }
}

export class Writer {
  private fd: wasi.fd;
  private buffer: Uint8Array = new Uint8Array(BUFFER);
  private used: i32 = 0;

  constructor(path: string) {
    const flags: wasi.oflags = wasi.oflags.CREAT | wasi.oflags.TRUNC;
    check(open(path, flags, wasi.rights.FD_WRITE | wasi.rights.FD_SEEK | wasi.rights.FD_SYNC), path);
    this.fd = load<u32>(out);
  }

  private put(bytes: Uint8Array): void {
    store<usize>(out, bytes.dataStart);
    store<usize>(out, bytes.length, sizeof<usize>());
    check(wasi.fd_write(this.fd, out, 1, out + 2 * sizeof<usize>()), "write");
    if (<i32>load<u32>(out, 2 * sizeof<usize>()) != bytes.length) check(wasi.errno.IO, "write");
  }

  flush(): void {
    if (this.used > 0) this.put(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  write(bytes: Uint8Array): void {
    if (this.used + bytes.length > BUFFER) this.flush();
    if (bytes.length > BUFFER) return this.put(bytes);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  close(): void {
    this.flush();
    check(wasi.fd_sync(this.fd), "sync");
    check(wasi.fd_close(this.fd), "close");
  }
}

export class Entry {
  constructor(public name: string, public type: wasi.filetype) {}
}

// What is in a directory but `.` and `..`, read through a buffer that many names do not fit.
export function entries(path: string): Entry[] {
  check(open(path, wasi.oflags.DIRECTORY, wasi.rights.FD_READDIR), path);
  const directory: wasi.fd = load<u32>(out);
  const buffer = new ArrayBuffer(512);
  const start = changetype<usize>(buffer);
  const header: usize = 24;
  const found: Entry[] = [];
  let cookie: u64 = 0;
  for (;;) {
    check(wasi.fd_readdir(directory, start, 512, cookie, out), path);
    const used = load<usize>(out);
    let at: usize = 0;
    while (at + header <= used) {
      const entry = changetype<wasi.dirent>(start + at);
      if (at + header + entry.namlen > used) break; // cut: it comes again
      const name = String.UTF8.decodeUnsafe(start + at + header, entry.namlen);
      if (name != "." && name != "..") found.push(new Entry(name, entry.type));
      cookie = entry.next;
      at += header + entry.namlen;
    }
    if (used < 512) break;
  }
  check(wasi.fd_close(directory), path);
  return found;
}

export function size(path: string): u64 {
  const name = new Name(path);
  check(wasi.path_filestat_get(ROOT, 0, name.at, name.size, changetype<wasi.filestat>(out)), path);
  return changetype<wasi.filestat>(out).size;
}

export function readlink(path: string): string {
  const name = new Name(path);
  const target = new ArrayBuffer(256);
  check(wasi.path_readlink(ROOT, name.at, name.size, changetype<usize>(target), 256, out), path);
  return String.UTF8.decodeUnsafe(changetype<usize>(target), load<usize>(out));
}

export function rename(from: string, to: string): void {
  const old = new Name(from);
  const name = new Name(to);
  check(wasi.path_rename(ROOT, old.at, old.size, ROOT, name.at, name.size), from);
}

export function remove(path: string): void {
  const name = new Name(path);
  check(wasi.path_unlink_file(ROOT, name.at, name.size), path);
}

export function removeDirectory(path: string): void {
  const name = new Name(path);
  check(wasi.path_remove_directory(ROOT, name.at, name.size), path);
}

// Fine if it is there.
export function makeDirectory(path: string): void {
  const name = new Name(path);
  const code = wasi.path_create_directory(ROOT, name.at, name.size);
  if (code != wasi.errno.EXIST) check(code, path);
}
