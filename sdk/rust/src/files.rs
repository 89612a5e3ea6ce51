//! Whole files in the plugin's directory and those that were mounted. Needs the capability
//! "filesystem"; `std::fs` works as well, and makes the plugin larger.
use crate::answer::Error;
use crate::json::write_integer;
use crate::wasi::*;
use alloc::string::String;
use alloc::vec::Vec;

/// What `read` reads at most.
const MOST: usize = 1 << 20;
const PIECE: usize = 4096;

const NOT_FOUND: u32 = 44;
const NO_DIRECTORY: u32 = 76;
const FOLLOW_LINKS: u32 = 1;
const CREATE_AND_EMPTY: u32 = 1 | 8;
const MAY_READ: u64 = 1 << 1;
const MAY_WRITE: u64 = 1 << 6;

fn checked(number: u32) -> Result<(), u32> {
    if number == 0 {
        Ok(())
    } else {
        Err(number)
    }
}

/// The directory that the plugin was given and that holds a path, and the rest of the path.
struct Place<'a> {
    directory: u32,
    rest: &'a str,
}

/// What of `path` is below the directory `name`, which neither begin with a slash.
fn below<'a>(path: &'a str, name: &[u8]) -> Option<&'a str> {
    if name.is_empty() {
        return Some(path);
    }
    if !path.as_bytes().starts_with(name) {
        return None;
    }
    path.get(name.len()..)?.strip_prefix('/')
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Result<Place<'a>, u32> {
        let mut path = path;
        while let Some(rest) = path.strip_prefix('/') {
            path = rest;
        }
        let mut found: Result<Place, u32> = Err(NO_DIRECTORY);
        let mut name = Vec::new();
        // The first is 3; the innermost counts.
        for directory in 3.. {
            let mut prestat = Prestat { kind: 0, name_length: 0 };
            // SAFETY: here and below: what is pointed to lives through the call and is as long as
            // said.
            if unsafe { fd_prestat_get(directory, &mut prestat) } != 0 {
                break;
            }
            name.resize(prestat.name_length, 0);
            checked(unsafe { fd_prestat_dir_name(directory, name.as_mut_ptr(), name.len()) })?;
            if let Some(rest) = below(path, name.strip_prefix(b"/").unwrap_or(&name)) {
                if found.as_ref().map_or(true, |found| rest.len() <= found.rest.len()) {
                    found = Ok(Place { directory, rest });
                }
            }
        }
        found
    }

    fn open(&self, how: u32, rights: u64) -> Result<File, u32> {
        let mut file = 0;
        checked(unsafe {
            path_open(
                self.directory,
                FOLLOW_LINKS,
                self.rest.as_ptr(),
                self.rest.len(),
                how,
                rights,
                0,
                0,
                &mut file,
            )
        })?;
        Ok(File(file))
    }

    fn remove(&self) {
        // If it cannot be, it stays.
        let _ = unsafe { path_unlink_file(self.directory, self.rest.as_ptr(), self.rest.len()) };
    }
}

/// Closed when it is dropped.
struct File(u32);

impl File {
    fn close(self) -> Result<(), u32> {
        let file = self.0;
        core::mem::forget(self);
        checked(unsafe { fd_close(file) })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = unsafe { fd_close(self.0) };
    }
}

fn read_bytes(path: &str) -> Result<Vec<u8>, u32> {
    const TOO_LARGE: u32 = 22;
    let file = Place::of(path)?.open(0, MAY_READ)?;
    let mut bytes = Vec::new();
    loop {
        let length = bytes.len();
        bytes.resize(length + PIECE, 0u8);
        let piece = bytes.get_mut(length..).unwrap_or_default();
        let buffer = Buffer { start: piece.as_mut_ptr(), length: piece.len() };
        let mut read = 0;
        checked(unsafe { fd_read(file.0, &buffer, 1, &mut read) })?;
        bytes.truncate(length + read);
        if read == 0 {
            return Ok(bytes);
        }
        if bytes.len() > MOST {
            return Err(TOO_LARGE);
        }
    }
}

fn write_bytes(place: &Place, mut bytes: &[u8]) -> Result<(), u32> {
    const BROKEN: u32 = 29;
    let file = place.open(CREATE_AND_EMPTY, MAY_WRITE)?;
    while !bytes.is_empty() {
        let buffer = Buffer { start: bytes.as_ptr() as *mut u8, length: bytes.len() };
        let mut written = 0;
        checked(unsafe { fd_write(file.0, &buffer, 1, &mut written) })?;
        bytes = bytes.get(written..).filter(|_| written > 0).ok_or(BROKEN)?;
    }
    file.close()
}

fn failed(what: &str, path: &str, number: u32) -> Error {
    let mut code = Vec::new();
    let why = match number {
        2 | 63 => "that is not allowed",
        19 | 51 => "there is no more room",
        20 => "it is there already",
        22 => "it is too large",
        25 => "it is not text",
        31 => "it is a directory",
        37 => "the name is too long",
        NOT_FOUND => "there is no such file or directory",
        54 => "it is no directory",
        NO_DIRECTORY => "no such directory was given to the plugin",
        other => {
            write_integer(&mut code, i64::from(other));
            "error "
        }
    };
    let code = core::str::from_utf8(&code).unwrap_or_default();
    ["Cannot ", what, " ", path, ": ", why, code, "."].concat().into()
}

/// The text of a file of at most 1 MiB; nothing if there is none.
pub fn read(path: &str) -> Result<Option<String>, Error> {
    const NO_TEXT: u32 = 25;
    match read_bytes(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(failed("read", path, NO_TEXT)),
        },
        Err(NOT_FOUND) => Ok(None),
        Err(number) => Err(failed("read", path, number)),
    }
}

/// Puts `contents` into PATH.tmp and renames it over PATH, so that PATH is the old file or the new
/// one, whatever happens.
pub fn write(path: &str, contents: &str) -> Result<(), Error> {
    let draft = [path, ".tmp"].concat();
    let written = Place::of(path).and_then(|place| {
        let draft = Place::of(&draft)?;
        let moved = write_bytes(&draft, contents.as_bytes()).and_then(|()| {
            checked(unsafe {
                path_rename(
                    draft.directory,
                    draft.rest.as_ptr(),
                    draft.rest.len(),
                    place.directory,
                    place.rest.as_ptr(),
                    place.rest.len(),
                )
            })
        });
        if moved.is_err() {
            draft.remove();
        }
        moved
    });
    written.map_err(|number| failed("write", path, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_the_directories_that_hold_it() {
        for (path, name, rest) in [
            ("count", "", Some("count")),
            ("music/a/b", "music", Some("a/b")),
            ("music", "music", None),
            ("musical", "music", None),
            ("other", "music", None),
            ("\u{fc}/a", "\u{fc}", Some("a")),
        ] {
            assert_eq!(below(path, name.as_bytes()), rest, "{path}");
        }
    }

    #[test]
    fn without_a_host_it_says_that_nothing_was_given() {
        let why = "Cannot read /count: no such directory was given to the plugin.";
        assert_eq!(read("/count").unwrap_err().text(), why);
        assert!(write("/count", "1").unwrap_err().text().starts_with("Cannot write /count: "));
        assert_eq!(failed("read", "a", 99).text(), "Cannot read a: error 99.");
    }
}
