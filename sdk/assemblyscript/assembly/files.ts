// Whole files in the plugin's directory and those that were mounted, over WASI. Needs the capability
// "filesystem".
import { Answer, HostError, Result, numbers, pointer, size, utf8 } from "./host";

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_get")
declare function fd_prestat_get(fd: u32, prestat: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_prestat_dir_name")
declare function fd_prestat_dir_name(fd: u32, path: usize, length: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_open")
declare function path_open(fd: u32, dirflags: u32, path: usize, length: usize, oflags: u32, rights: u64, inheriting: u64, fdflags: u32, opened: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: u32, iovs: usize, count: u32, read: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: u32, iovs: usize, count: u32, written: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_close")
declare function fd_close(fd: u32): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_rename")
declare function path_rename(fd: u32, from: usize, from_length: usize, to_fd: u32, to: usize, to_length: usize): u32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "path_unlink_file")
declare function path_unlink_file(fd: u32, path: usize, length: usize): u32;

const BADF: u32 = 8;
const NOENT: u32 = 44;
const FOLLOW: u32 = 1;
const CREATE_TRUNCATE: u32 = 1 | 8;
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;
const MOST: i32 = 1 << 20;

// A directory that was opened for the plugin, and the rest of a path in it.
class Place {
  constructor(
    public fd: u32,
    public rest: string,
  ) {}
}

// The innermost directory in which `path` lies; fd 0 if there is none.
function find(path: string): Place {
  const best = new Place(0, "");
  let longest = 0;
  for (let fd: u32 = 3; fd_prestat_get(fd, numbers) != BADF; ++fd) {
    const name = new ArrayBuffer(load<i32>(numbers, 4));
    if (fd_prestat_dir_name(fd, pointer(name), size(name)) != 0) continue;
    let root = String.UTF8.decode(name);
    if (!root.endsWith("/")) root += "/";
    if (!path.startsWith(root) || root.length <= longest) continue;
    longest = root.length;
    best.fd = fd;
    best.rest = path.substring(root.length);
  }
  return best;
}

function failed(what: string, path: string, errno: u32): HostError {
  const why = "Cannot " + what + " " + path + (errno == NOENT ? ": there is no such file." : ": WASI error " + errno.toString() + ".");
  return new HostError(errno == NOENT ? Answer.NotFound : errno == BADF || errno == 76 ? Answer.NotGranted : Answer.Failed, why);
}

function open(place: Place, path: string, oflags: u32, rights: u64): u32 {
  const name = utf8(path);
  return place.fd == 0 ? BADF : path_open(place.fd, FOLLOW, pointer(name), size(name), oflags, rights, 0, 0, numbers);
}

// The text of a file of at most 1 MiB; Answer.NotFound if there is none.
export function readFile(path: string): Result<string> {
  const place = find(path);
  const errno = open(place, place.rest, 0, READ);
  if (errno != 0) return new Result<string>(failed("open", path, errno), "");
  const fd = load<u32>(numbers);
  let whole = new ArrayBuffer(4096);
  let used = 0;
  while (true) {
    if (used == whole.byteLength) {
      if (used >= MOST) {
        fd_close(fd);
        return new Result<string>(new HostError(Answer.TooLarge, path + " is larger than the plugin reads."), "");
      }
      const larger = new ArrayBuffer(used * 2);
      memory.copy(pointer(larger), pointer(whole), <usize>used);
      whole = larger;
    }
    store<u32>(numbers, <u32>(pointer(whole) + used));
    store<u32>(numbers, <u32>(whole.byteLength - used), 4);
    const error = fd_read(fd, numbers, 1, numbers + 8);
    if (error != 0) {
      fd_close(fd);
      return new Result<string>(failed("read", path, error), "");
    }
    const got = load<i32>(numbers, 8);
    if (got == 0) break;
    used += got;
  }
  fd_close(fd);
  return new Result<string>(null, String.UTF8.decode(whole.slice(0, used)));
}

// Puts `contents` into PATH.tmp and renames it over PATH, so that PATH is the old file or the new
// one, whatever happens.
export function writeFile(path: string, contents: string): HostError | null {
  const place = find(path);
  const draft = place.rest + ".tmp";
  const errno = open(place, draft, CREATE_TRUNCATE, WRITE);
  if (errno != 0) return failed("write", path, errno);
  const fd = load<u32>(numbers);
  const bytes = utf8(contents);
  let error: u32 = 0;
  for (let done: usize = 0; error == 0 && done < size(bytes); ) {
    store<u32>(numbers, <u32>(pointer(bytes) + done));
    store<u32>(numbers, <u32>(size(bytes) - done), 4);
    error = fd_write(fd, numbers, 1, numbers + 8);
    if (error == 0) done += <usize>load<u32>(numbers, 8);
  }
  fd_close(fd);
  const from = utf8(draft);
  const to = utf8(place.rest);
  if (error == 0) error = path_rename(place.fd, pointer(from), size(from), place.fd, pointer(to), size(to));
  if (error == 0) return null;
  path_unlink_file(place.fd, pointer(from), size(from));
  return failed("write", path, error);
}

export function removeFile(path: string): HostError | null {
  const place = find(path);
  const name = utf8(place.rest);
  const errno = place.fd == 0 ? BADF : path_unlink_file(place.fd, pointer(name), size(name));
  return errno == 0 ? null : failed("remove", path, errno);
}
