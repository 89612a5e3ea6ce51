//! What plugins for midimon are written with.
//!
//! ```
//! use midimon::{Call, Plugin, Status};
//!
//! midimon::params! {
//!     struct Greeting {
//!         /// Whom to greet
//!         who: String = "world".into(); "minLength" => 1, "maxLength" => 64
//!     }
//! }
//!
//! fn greet(params: Greeting, _: &Call) -> Status {
//!     midimon::log(&params.who);
//!     Ok(())
//! }
//!
//! fn declare(plugin: &mut Plugin) {
//!     plugin.name("hello").version("1.0.0");
//!     plugin.action("greet", greet).label("Greet");
//! }
//! midimon::plugin!(declare);
//! ```
//!
//! `docs/abi.md` of midimon says what is underneath.
#![no_std]
#![cfg_attr(feature = "before-1-68", feature(alloc_error_handler))]
#![deny(unsafe_op_in_unsafe_fn)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

mod answer;
pub mod files;
#[cfg(any(test, all(not(feature = "std"), target_arch = "wasm32")))]
mod heap;
mod host;
mod json;
mod net;
mod number;
#[cfg(all(not(feature = "std"), target_arch = "wasm32"))]
mod panic;
mod params;
mod plugin;
mod raw;
#[cfg(feature = "serde")]
mod shape;
#[cfg(feature = "serde")]
mod typed;
mod wasi;

pub use answer::{Answer, Error, HostError, Status};
pub use host::*;
pub use json::Json;
pub use net::{exec, http, ws};
pub use params::{Params, Value};
pub use plugin::{Action, Call, Events, NoParams, Plugin};

/// `use midimon::prelude::*;` is what most plugins need.
pub mod prelude {
    pub use crate::{params, plugin, Call, Error, Json, Plugin, Status};
    pub use alloc::borrow::ToOwned;
    pub use alloc::boxed::Box;
    pub use alloc::string::{String, ToString};
    pub use alloc::vec::Vec;
    pub use alloc::{format, vec};
}

#[doc(hidden)]
pub mod abi {
    //! What `plugin!` makes the exports of.
    pub use crate::params::{field, missing, Fields};
    pub use crate::plugin::{allocate, deallocate, execute, keep_events, pack, Plugin};
    pub use alloc::boxed::Box;
    pub use alloc::string::String;
    pub use alloc::vec::Vec;
}
