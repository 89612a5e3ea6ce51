//! What becomes of a panic: a line in the log says where and why, and the call ends as a trap.
use crate::host::{log_at, Level};
use alloc::string::{String, ToString};
use core::panic::PanicInfo;

// Rust's core counts on its memcpy and the like.
#[link(name = "c")]
extern "C" {}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let mut line = info.to_string().into_bytes();
    for byte in &mut line {
        if *byte == b'\n' {
            *byte = b' ';
        }
    }
    log_at(Level::Error, &String::from_utf8(line).unwrap_or_default());
    core::arch::wasm32::unreachable()
}

#[cfg(feature = "before-1-68")]
#[alloc_error_handler]
fn no_memory(_: core::alloc::Layout) -> ! {
    core::arch::wasm32::unreachable()
}
