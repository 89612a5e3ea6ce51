//! How things went: one host function, and a whole call.
use crate::raw;
use alloc::string::String;
use alloc::vec::Vec;

/// Why a host function did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What the plugin gave is not UTF-8.
    BadText,
    /// More than the function takes.
    TooLarge,
    /// The user has not allowed it.
    NotGranted,
    /// Not the value that it should be.
    Invalid,
    /// Tried, and it went wrong.
    Failed,
    /// No such handle, no such secret.
    NotFound,
    /// It took too long.
    TimedOut,
    /// The other side has closed the connection.
    Closed,
    /// This machine or this host offers no such thing.
    Unavailable,
    /// Too many handles are open.
    TooMany,
}

/// What a host function answered, with a sentence that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError {
    pub answer: Answer,
    pub why: String,
}

/// How a call of the plugin ends when it does not go well: a sentence for who pressed the pad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub(crate) code: i32,
    pub(crate) text: String,
}

/// What an action returns.
pub type Status = Result<(), Error>;

impl Error {
    /// With a code of the plugin's own, 4 or more.
    pub fn with_code(code: i32, text: impl Into<String>) -> Error {
        Error { code: if code < 3 { 3 } else { code }, text: text.into() }
    }
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Error {
        Error { code: 3, text: text.into() }
    }
}
impl From<String> for Error {
    fn from(text: String) -> Error {
        Error { code: 3, text }
    }
}
impl From<HostError> for Error {
    fn from(error: HostError) -> Error {
        Error { code: 3, text: error.why }
    }
}

const TOO_SMALL: u32 = 9;

/// Calls `host(buffer, capacity, length)` with a buffer that grows until it is large enough.
pub(crate) fn read_whole(
    first: usize,
    mut host: impl FnMut(*mut u8, usize, *mut u32) -> u32,
) -> Result<Vec<u8>, HostError> {
    read_into(first, &mut host)
}

// Code that there is once, for all functions.
#[inline(never)]
fn read_into(
    first: usize,
    host: &mut dyn FnMut(*mut u8, usize, *mut u32) -> u32,
) -> Result<Vec<u8>, HostError> {
    let mut bytes = Vec::new();
    bytes.resize(first, 0u8);
    loop {
        let mut length = 0u32;
        let answer = host(bytes.as_mut_ptr(), bytes.len(), &mut length);
        let needed = length as usize;
        if answer == TOO_SMALL && needed > bytes.len() {
            bytes.resize(needed, 0);
            continue;
        }
        check(answer)?;
        bytes.truncate(needed);
        return Ok(bytes);
    }
}

/// The host gives text; if it should not be, what comes before that.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let good = error.utf8_error().valid_up_to();
        let mut bytes = error.into_bytes();
        bytes.truncate(good);
        String::from_utf8(bytes).unwrap_or_default()
    })
}

/// Turns the number that a host function answered into what it means.
#[inline(never)]
pub(crate) fn check(number: u32) -> Result<(), HostError> {
    let (answer, why) = match number {
        0 => return Ok(()),
        1 => (Answer::BadText, "What the plugin gave midimon is not UTF-8."),
        2 => (Answer::TooLarge, "The plugin gave midimon more than it takes."),
        3 => (Answer::NotGranted, ""),
        4 => (Answer::Invalid, ""),
        6 => (Answer::NotFound, "There is no such thing."),
        7 => (Answer::TimedOut, ""),
        8 => (Answer::Closed, "The other side has closed the connection."),
        10 => (Answer::Unavailable, ""),
        11 => (Answer::TooMany, "The plugin has too many things open."),
        _ => (Answer::Failed, ""),
    };
    let said = if why.is_empty() { last_error() } else { String::new() };
    let why = match (said.is_empty(), answer) {
        (false, _) => said,
        (true, Answer::NotGranted) => "The plugin was not allowed to do that.".into(),
        (true, Answer::Unavailable) => "There is no such thing here.".into(),
        (true, _) if why.is_empty() => "It went wrong.".into(),
        _ => why.into(),
    };
    Err(HostError { answer, why })
}

/// Why the last function said no; empty if that is not known.
fn last_error() -> String {
    // The host keeps a sentence, which fits.
    let mut bytes = Vec::new();
    bytes.resize(4096, 0u8);
    let mut length = 0u32;
    // SAFETY: the buffer has that capacity, and `length` is a u32 of ours.
    if unsafe { raw::last_error(bytes.as_mut_ptr(), bytes.len(), &mut length) } != 0 {
        return String::new();
    }
    bytes.truncate(length as usize);
    text(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_read_again() {
        let said = b"a long answer";
        let mut calls = 0;
        let read = read_whole(4, |buffer, capacity, length| {
            calls += 1;
            // SAFETY: it is ours, and the buffer has that capacity.
            unsafe { *length = said.len() as u32 };
            if capacity < said.len() {
                return TOO_SMALL;
            }
            unsafe { core::ptr::copy_nonoverlapping(said.as_ptr(), buffer, said.len()) };
            0
        });
        assert_eq!(read.as_deref(), Ok(&said[..]));
        assert_eq!(calls, 2);
        // A host that says so of a buffer that is large enough gets no third try.
        let odd = read_whole(4, |_, _, _| TOO_SMALL);
        assert_eq!(odd.unwrap_err().answer, Answer::Failed);
    }

    #[test]
    fn an_answer_has_a_sentence_though_the_host_has_none() {
        assert_eq!(check(0), Ok(()));
        for (number, answer, why) in [
            (1, Answer::BadText, "What the plugin gave midimon is not UTF-8."),
            (3, Answer::NotGranted, "The plugin was not allowed to do that."),
            (6, Answer::NotFound, "There is no such thing."),
            (7, Answer::TimedOut, "It went wrong."),
            (10, Answer::Unavailable, "There is no such thing here."),
            (200, Answer::Failed, "It went wrong."),
        ] {
            assert_eq!(check(number), Err(HostError { answer, why: why.into() }));
        }
    }

    #[test]
    fn text_ends_where_it_is_none() {
        assert_eq!(text(b"a\xc3\xbcb\xffc".to_vec()), "a\u{fc}b");
    }
}
