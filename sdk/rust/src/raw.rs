//! The host's functions as the module "midimon" has them.

#[repr(C)]
pub struct Received {
    pub kind: u32,
    pub length: u32,
}

#[repr(C)]
pub struct Volume {
    pub percent: u32,
    pub muted: u32,
}

/// What the plugin keeps in its directory, and what it may.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    pub used_bytes: u64,
    pub allowed_bytes: u64,
    pub used_entries: u64,
    pub allowed_entries: u64,
}

/// Declares what a module of the host has. Outside of WebAssembly there is no host: `cargo test` of a
/// plugin links, and each function answers that number.
macro_rules! host {
    ($module:literal, $absent:literal;
     $(pub fn $name:ident($($value:ident: $kind:ty),* $(,)?) $(-> $answer:ty)?;)*) => {
        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = $module)]
        extern "C" {
            $(pub fn $name($($value: $kind),*) $(-> $answer)?;)*
        }
        $(#[cfg(not(target_arch = "wasm32"))]
        pub unsafe fn $name($(_: $kind),*) $(-> $answer)? {
            $(<$answer>::from($absent))?
        })*
    };
}
pub(crate) use host;

host! {
    "midimon", 10u8;
    pub fn log(level: u32, text: *const u8, length: usize);
    pub fn set_output(json: *const u8, length: usize) -> u32;
    pub fn set_error(text: *const u8, length: usize) -> u32;
    pub fn storage_usage(usage: *mut Storage) -> u32;
    pub fn last_error(buffer: *mut u8, capacity: usize, length: *mut u32) -> u32;
    pub fn http_request(
        request: *const u8,
        request_length: usize,
        body: *const u8,
        body_length: usize,
        handle: *mut u32,
    ) -> u32;
    pub fn http_head(handle: u32, buffer: *mut u8, capacity: usize, length: *mut u32) -> u32;
    pub fn http_read(handle: u32, buffer: *mut u8, capacity: usize, length: *mut u32) -> u32;
    pub fn http_close(handle: u32) -> u32;
    pub fn ws_connect(request: *const u8, request_length: usize, handle: *mut u32) -> u32;
    pub fn ws_send(handle: u32, kind: u32, data: *const u8, length: usize) -> u32;
    pub fn ws_receive(
        handle: u32,
        timeout_ms: u32,
        buffer: *mut u8,
        capacity: usize,
        received: *mut Received,
    ) -> u32;
    pub fn ws_close(handle: u32, code: u32) -> u32;
    pub fn exec(
        request: *const u8,
        request_length: usize,
        input: *const u8,
        input_length: usize,
        handle: *mut u32,
    ) -> u32;
    pub fn exec_result(handle: u32, buffer: *mut u8, capacity: usize, length: *mut u32) -> u32;
    pub fn exec_read(
        handle: u32,
        stream: u32,
        buffer: *mut u8,
        capacity: usize,
        length: *mut u32,
    ) -> u32;
    pub fn exec_close(handle: u32) -> u32;
    pub fn midi_send(port: *const u8, length: usize, bytes: *const u8, bytes_length: usize) -> u32;
    pub fn key_send(chord: *const u8, length: usize) -> u32;
    pub fn text_send(text: *const u8, length: usize) -> u32;
    pub fn mouse_click(button: u32, count: u32) -> u32;
    pub fn mouse_move(x: i32, y: i32, relative: u32) -> u32;
    pub fn volume_get(output: *const u8, length: usize, volume: *mut Volume) -> u32;
    pub fn volume_set(output: *const u8, length: usize, percent: i32, mute: u32) -> u32;
    pub fn notify(json: *const u8, length: usize) -> u32;
    pub fn open_url(url: *const u8, length: usize) -> u32;
    pub fn clipboard_get(buffer: *mut u8, capacity: usize, length: *mut u32) -> u32;
    pub fn clipboard_set(text: *const u8, length: usize) -> u32;
    pub fn app_list(buffer: *mut u8, capacity: usize, length: *mut u32) -> u32;
    pub fn app_focus(name: *const u8, length: usize) -> u32;
    pub fn app_launch(id: *const u8, length: usize) -> u32;
    pub fn secret_get(
        name: *const u8,
        name_length: usize,
        buffer: *mut u8,
        capacity: usize,
        length: *mut u32,
    ) -> u32;
    pub fn secret_set(
        name: *const u8,
        name_length: usize,
        value: *const u8,
        value_length: usize,
    ) -> u32;
    pub fn config_get(buffer: *mut u8, capacity: usize, length: *mut u32) -> u32;
    pub fn set_state(json: *const u8, length: usize) -> u32;
}
