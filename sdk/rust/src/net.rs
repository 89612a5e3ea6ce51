//! Requests over HTTP, WebSockets, and programs. Each value owns a handle of the host and gives it
//! back when it is dropped.
use crate::answer::{check, read_whole, text, Answer, HostError};
use crate::json::Json;
use crate::raw;
use alloc::string::String;
use alloc::vec::Vec;

const PIECE: usize = 16384;
const MOST: usize = 1 << 20;

fn headers_json(headers: &[(&str, &str)]) -> Json {
    let mut json = Json::object();
    for (name, value) in headers {
        json.set(name, *value);
    }
    json
}

/// Reads pieces to the end, an empty one; at most `limit` bytes.
fn join(
    limit: usize,
    mut read: impl FnMut(&mut Vec<u8>) -> Result<(), HostError>,
) -> Result<Vec<u8>, HostError> {
    let mut whole = Vec::new();
    let mut piece = Vec::new();
    loop {
        read(&mut piece)?;
        if piece.is_empty() {
            return Ok(whole);
        }
        if piece.len() > limit - whole.len() {
            let why = "The answer is larger than the plugin takes.".into();
            return Err(HostError { answer: Answer::TooLarge, why });
        }
        whole.extend_from_slice(&piece);
    }
}

fn read_piece(
    piece: &mut Vec<u8>,
    host: impl FnOnce(*mut u8, usize, *mut u32) -> u32,
) -> Result<(), HostError> {
    let mut length = 0;
    piece.resize(PIECE, 0);
    let read = check(host(piece.as_mut_ptr(), piece.len(), &mut length));
    piece.truncate(if read.is_ok() { length as usize } else { 0 });
    read
}

pub mod http {
    use super::*;

    pub struct Request<'a> {
        pub method: &'a str,
        pub url: &'a str,
        pub headers: &'a [(&'a str, &'a str)],
        /// In their values, {{NAME}} stands for a secret that the plugin does not get to see.
        pub secret_headers: &'a [(&'a str, &'a str)],
        /// At most 1 MiB.
        pub body: &'a [u8],
        /// Nothing: the time of the call.
        pub timeout_ms: Option<u32>,
        /// Nothing: 5.
        pub max_redirects: Option<u32>,
    }

    impl Default for Request<'_> {
        fn default() -> Self {
            Request {
                method: "GET",
                url: "",
                headers: &[],
                secret_headers: &[],
                body: &[],
                timeout_ms: None,
                max_redirects: None,
            }
        }
    }

    pub struct Response {
        handle: u32,
        head: Json,
    }

    /// Asks, and waits for the head of the response. A status such as 404 is a response, too.
    pub fn request(request: &Request) -> Result<Response, HostError> {
        let mut json = Json::object().with("url", request.url).with("method", request.method);
        if !request.headers.is_empty() {
            json.set("headers", headers_json(request.headers));
        }
        if !request.secret_headers.is_empty() {
            json.set("secret_headers", headers_json(request.secret_headers));
        }
        if let Some(timeout) = request.timeout_ms {
            json.set("timeout_ms", timeout);
        }
        if let Some(most) = request.max_redirects {
            json.set("max_redirects", most);
        }
        let json = json.dump();
        let mut handle = 0;
        // SAFETY: here and below: pointers and lengths are those of slices that live through the
        // call.
        check(unsafe {
            raw::http_request(
                json.as_ptr(),
                json.len(),
                request.body.as_ptr(),
                request.body.len(),
                &mut handle,
            )
        })?;
        let mut response = Response { handle, head: Json::Null };
        let head = read_whole(4096, |buffer, capacity, length| unsafe {
            raw::http_head(handle, buffer, capacity, length)
        })?;
        response.head = Json::parse(&text(head)).unwrap_or(Json::Null);
        Ok(response)
    }

    pub fn get(url: &str) -> Result<Response, HostError> {
        request(&Request { url, ..Request::default() })
    }

    impl Response {
        pub fn status(&self) -> u16 {
            self.head.get("status").as_i64().unwrap_or(0) as u16
        }
        /// Where it came from, after redirects.
        pub fn url(&self) -> &str {
            self.head.get("url").as_str().unwrap_or("")
        }
        /// The first header of that name, which is in lower case.
        pub fn header(&self, name: &str) -> Option<&str> {
            self.head.get("headers").items().iter().find_map(|pair| match pair.items() {
                [key, value] if key.as_str() == Some(name) => value.as_str(),
                _ => None,
            })
        }
        /// The next piece of the body; empty at its end.
        pub fn read(&mut self, piece: &mut Vec<u8>) -> Result<(), HostError> {
            let handle = self.handle;
            read_piece(piece, |buffer, capacity, length| unsafe {
                raw::http_read(handle, buffer, capacity, length)
            })
        }
        /// All that is left of the body, at most 1 MiB.
        pub fn body(&mut self) -> Result<Vec<u8>, HostError> {
            join(MOST, |piece| self.read(piece))
        }
        /// The same as JSON.
        pub fn json(&mut self) -> Result<Json, HostError> {
            let body = self.body()?;
            core::str::from_utf8(&body).ok().and_then(Json::parse).ok_or_else(|| HostError {
                answer: Answer::Invalid,
                why: "The server's answer is not JSON.".into(),
            })
        }
    }

    impl Drop for Response {
        fn drop(&mut self) {
            unsafe { raw::http_close(self.handle) };
        }
    }
}

pub mod ws {
    use super::*;

    #[derive(Default)]
    pub struct Request<'a> {
        /// ws or wss.
        pub url: &'a str,
        pub headers: &'a [(&'a str, &'a str)],
        pub secret_headers: &'a [(&'a str, &'a str)],
        pub protocols: &'a [&'a str],
        pub timeout_ms: Option<u32>,
    }

    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Message {
        Text(String),
        Binary(Vec<u8>),
    }

    /// In a "session" plugin a connection that is kept stays open from call to call.
    pub struct Connection {
        handle: u32,
    }

    impl Connection {
        pub fn connect(request: &Request) -> Result<Connection, HostError> {
            let mut json = Json::object().with("url", request.url);
            if !request.headers.is_empty() {
                json.set("headers", headers_json(request.headers));
            }
            if !request.secret_headers.is_empty() {
                json.set("secret_headers", headers_json(request.secret_headers));
            }
            if !request.protocols.is_empty() {
                let list: Vec<Json> = request.protocols.iter().map(|word| (*word).into()).collect();
                json.set("protocols", list);
            }
            if let Some(timeout) = request.timeout_ms {
                json.set("timeout_ms", timeout);
            }
            let json = json.dump();
            let mut handle = 0;
            check(unsafe { raw::ws_connect(json.as_ptr(), json.len(), &mut handle) })?;
            Ok(Connection { handle })
        }

        pub fn send_text(&mut self, data: &str) -> Result<(), HostError> {
            check(unsafe { raw::ws_send(self.handle, 1, data.as_ptr(), data.len()) })
        }
        pub fn send_binary(&mut self, data: &[u8]) -> Result<(), HostError> {
            check(unsafe { raw::ws_send(self.handle, 2, data.as_ptr(), data.len()) })
        }

        /// The next message; `Answer::TimedOut` if none comes in time, `Answer::Closed` once there is
        /// no connection.
        pub fn receive(&mut self, timeout_ms: u32) -> Result<Message, HostError> {
            let mut received = raw::Received { kind: 0, length: 0 };
            let handle = self.handle;
            let data = read_whole(PIECE, |buffer, capacity, length| {
                let answer =
                    unsafe { raw::ws_receive(handle, timeout_ms, buffer, capacity, &mut received) };
                // SAFETY: `length` is the u32 of read_whole().
                unsafe { *length = received.length };
                answer
            })?;
            Ok(if received.kind == 1 { Message::Text(text(data)) } else { Message::Binary(data) })
        }

        /// Says goodbye, with 1000 or 3000 to 4999.
        pub fn close(self, code: u16) {
            unsafe { raw::ws_close(self.handle, code.into()) };
            core::mem::forget(self);
        }
    }

    impl Drop for Connection {
        fn drop(&mut self) {
            unsafe { raw::ws_close(self.handle, 1000) };
        }
    }
}

pub mod exec {
    use super::*;

    #[derive(Default)]
    pub struct Command<'a> {
        /// The program by its whole path, and its arguments.
        pub argv: &'a [&'a str],
        /// Its stdin.
        pub input: &'a [u8],
        pub timeout_ms: Option<u32>,
    }

    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Output {
        /// Nothing if a signal ended it.
        pub status: Option<i32>,
        pub signal: Option<i32>,
        pub timed_out: bool,
        /// More than 64 KiB was written to stdout or stderr.
        pub truncated: bool,
        pub out: Vec<u8>,
        pub err: Vec<u8>,
    }

    struct Handle(u32);
    impl Drop for Handle {
        fn drop(&mut self) {
            unsafe { raw::exec_close(self.0) };
        }
    }

    /// Runs a program to its end. One that fails is a result, too.
    pub fn run(command: &Command) -> Result<Output, HostError> {
        let argv: Vec<Json> = command.argv.iter().map(|word| (*word).into()).collect();
        let mut json = Json::object().with("argv", argv);
        if let Some(timeout) = command.timeout_ms {
            json.set("timeout_ms", timeout);
        }
        let json = json.dump();
        let mut number = 0;
        check(unsafe {
            raw::exec(
                json.as_ptr(),
                json.len(),
                command.input.as_ptr(),
                command.input.len(),
                &mut number,
            )
        })?;
        let handle = Handle(number);
        let ended = read_whole(256, |buffer, capacity, length| unsafe {
            raw::exec_result(handle.0, buffer, capacity, length)
        })?;
        let ended = Json::parse(&text(ended)).unwrap_or(Json::Null);
        let is = |key: &str| ended.get(key).as_bool().unwrap_or(false);
        let mut streams = [Vec::new(), Vec::new()];
        for (number, stream) in (1..).zip(streams.iter_mut()) {
            *stream = join(MOST, |piece| {
                read_piece(piece, |buffer, capacity, length| unsafe {
                    raw::exec_read(handle.0, number, buffer, capacity, length)
                })
            })?;
        }
        let [out, err] = streams;
        Ok(Output {
            status: ended.get("status").as_i64().map(|number| number as i32),
            signal: ended.get("signal").as_i64().map(|number| number as i32),
            timed_out: is("timed_out"),
            truncated: is("stdout_truncated") || is("stderr_truncated"),
            out,
            err,
        })
    }
}
