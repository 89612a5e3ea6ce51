//! Whole files in the plugin's directory and those that were mounted. Needs the capability
//! "filesystem"; `std::fs` works as well.
use crate::answer::Error;
use std::fs;
use std::io;
use std::string::String;

fn failed(what: &str, path: &str, error: &io::Error) -> Error {
    let mut text = String::from("Cannot ");
    text.push_str(what);
    text.push(' ');
    text.push_str(path);
    text.push_str(": ");
    text.push_str(&error.to_string());
    text.push('.');
    text.into()
}

/// The text of a file; nothing if there is none.
pub fn read(path: &str) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Puts `contents` into PATH.tmp and renames it over PATH, so that PATH is the old file or the new
/// one, whatever happens.
pub fn write(path: &str, contents: &str) -> Result<(), Error> {
    let mut draft = String::from(path);
    draft.push_str(".tmp");
    let written = fs::write(&draft, contents).and_then(|()| fs::rename(&draft, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        failed("write", path, &error)
    })
}
