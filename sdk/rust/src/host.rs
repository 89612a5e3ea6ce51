//! What a plugin may ask of its host, apart from the network and programs. Each needs the capability
//! that docs/abi.md names, and says what is missing if it was not granted.
use crate::answer::{check, read_whole, text, HostError};
use crate::json::Json;
use crate::params::Params;
use crate::raw;
pub use crate::raw::Storage;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Debug = 0,
    Info = 1,
    Warning = 2,
    Error = 3,
}

/// One line to midimon's log.
pub fn log(line: &str) {
    log_at(Level::Info, line);
}
pub fn log_at(level: Level, line: &str) {
    // SAFETY: here and below: pointers and lengths are those of slices that live through the call.
    unsafe { raw::log(level as u32, line.as_ptr(), line.len()) }
}

/// The call's result, at most 64 KiB; the last one stands.
pub fn set_output(value: &Json) -> Result<(), HostError> {
    let json = value.dump();
    check(unsafe { raw::set_output(json.as_ptr(), json.len()) })
}

/// What the pad shows. What is not given stays as it is.
#[derive(Clone, Debug, Default)]
pub struct State<'a> {
    /// What PluginState conditions of profiles ask for.
    pub state: Option<&'a str>,
    /// At most 64 characters.
    pub text: Option<&'a str>,
    /// "#rrggbb"
    pub color: Option<&'a str>,
    /// 0 to 127.
    pub led: Option<i32>,
}

pub fn set_state(state: &State) -> Result<(), HostError> {
    let mut json = Json::object();
    for (key, value) in [("state", state.state), ("text", state.text), ("color", state.color)] {
        if let Some(value) = value {
            json.set(key, value);
        }
    }
    if let Some(led) = state.led {
        json.set("led", led);
    }
    let json = json.dump();
    check(unsafe { raw::set_state(json.as_ptr(), json.len()) })
}

/// The plugin's settings in the profile, an object; empty without any.
pub fn config() -> Json {
    read_whole(1024, |buffer, capacity, length| unsafe {
        raw::config_get(buffer, capacity, length)
    })
    .ok()
    .and_then(|bytes| Json::parse(&text(bytes)))
    .unwrap_or_else(Json::object)
}

/// The same as a struct made by [`params!`](crate::params!); the error names what is wrong.
pub fn settings<T: Params>() -> Result<T, String> {
    T::read(&config())
}

/// A secret that the user stored with --readable, or that the plugin stored itself.
pub fn secret(name: &str) -> Result<String, HostError> {
    read_whole(256, |buffer, capacity, length| unsafe {
        raw::secret_get(name.as_ptr(), name.len(), buffer, capacity, length)
    })
    .map(text)
}

/// Keeps one of the plugin's own; an empty one is removed.
pub fn set_secret(name: &str, value: &str) -> Result<(), HostError> {
    check(unsafe { raw::secret_set(name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
}

/// What the plugin keeps in its directory, and what it may.
pub fn storage_usage() -> Result<Storage, HostError> {
    let mut usage = Storage::default();
    check(unsafe { raw::storage_usage(&mut usage) })?;
    Ok(usage)
}

/// Whole MIDI messages, to each output with `port` in its name; "" is the controllers themselves.
pub fn midi_send(port: &str, bytes: &[u8]) -> Result<(), HostError> {
    check(unsafe { raw::midi_send(port.as_ptr(), port.len(), bytes.as_ptr(), bytes.len()) })
}

/// "ctrl+shift+s", as in profiles.
pub fn key_send(chord: &str) -> Result<(), HostError> {
    check(unsafe { raw::key_send(chord.as_ptr(), chord.len()) })
}
/// Types it.
pub fn text_send(typed: &str) -> Result<(), HostError> {
    check(unsafe { raw::text_send(typed.as_ptr(), typed.len()) })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    Left = 1,
    Middle = 2,
    Right = 3,
    WheelUp = 4,
    WheelDown = 5,
    WheelLeft = 6,
    WheelRight = 7,
}
pub fn mouse_click(button: Button, count: u32) -> Result<(), HostError> {
    check(unsafe { raw::mouse_click(button as u32, count) })
}
/// To a place of the screen, in pixels.
pub fn mouse_move_to(x: i32, y: i32) -> Result<(), HostError> {
    check(unsafe { raw::mouse_move(x, y, 0) })
}
pub fn mouse_move_by(x: i32, y: i32) -> Result<(), HostError> {
    check(unsafe { raw::mouse_move(x, y, 1) })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    pub percent: u32,
    pub muted: bool,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mute {
    Off = 0,
    On = 1,
    Leave = 2,
    Toggle = 3,
}
/// Of the output of that name; "" is the default one.
pub fn volume(output: &str) -> Result<Volume, HostError> {
    let mut volume = raw::Volume { percent: 0, muted: 0 };
    check(unsafe { raw::volume_get(output.as_ptr(), output.len(), &mut volume) })?;
    Ok(Volume { percent: volume.percent, muted: volume.muted != 0 })
}
/// `percent` 0 to 100; nothing leaves it as it is.
pub fn set_volume(output: &str, percent: Option<u32>, mute: Mute) -> Result<(), HostError> {
    let percent = percent.map_or(-1, |percent| percent.min(i32::MAX as u32) as i32);
    check(unsafe { raw::volume_set(output.as_ptr(), output.len(), percent, mute as u32) })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    Low,
    Normal,
    Critical,
}
pub fn notify(title: &str, body: &str, urgency: Urgency) -> Result<(), HostError> {
    let word = match urgency {
        Urgency::Low => "low",
        Urgency::Normal => "normal",
        Urgency::Critical => "critical",
    };
    let json = Json::object().with("title", title).with("body", body).with("urgency", word).dump();
    check(unsafe { raw::notify(json.as_ptr(), json.len()) })
}

/// A web page or a mail: http, https or mailto.
pub fn open_url(url: &str) -> Result<(), HostError> {
    check(unsafe { raw::open_url(url.as_ptr(), url.len()) })
}

pub fn clipboard() -> Result<String, HostError> {
    read_whole(1024, |buffer, capacity, length| unsafe {
        raw::clipboard_get(buffer, capacity, length)
    })
    .map(text)
}
pub fn set_clipboard(contents: &str) -> Result<(), HostError> {
    check(unsafe { raw::clipboard_set(contents.as_ptr(), contents.len()) })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub name: String,
    pub title: String,
    pub focused: bool,
}
/// One for each window.
pub fn apps() -> Result<Vec<App>, HostError> {
    let list = read_whole(4096, |buffer, capacity, length| unsafe {
        raw::app_list(buffer, capacity, length)
    })
    .map(text)?;
    let list = Json::parse(&list).unwrap_or(Json::Null);
    let word = |app: &Json, key: &str| String::from(app.get(key).as_str().unwrap_or(""));
    Ok(list
        .items()
        .iter()
        .map(|app| App {
            name: word(app, "name"),
            title: word(app, "title"),
            focused: app.get("focused").as_bool().unwrap_or(false),
        })
        .collect())
}
/// Gives a window of the program of that name the keyboard.
pub fn focus_app(name: &str) -> Result<(), HostError> {
    check(unsafe { raw::app_focus(name.as_ptr(), name.len()) })
}
/// Starts the installed application whose desktop file is called so: "org.mozilla.firefox".
pub fn launch_app(id: &str) -> Result<(), HostError> {
    check(unsafe { raw::app_launch(id.as_ptr(), id.len()) })
}
