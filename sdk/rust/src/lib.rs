//! What plugins for midimon are written with.
//!
//! ```ignore
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
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(unsafe_op_in_unsafe_fn)]

extern crate alloc;

mod answer;
#[cfg(feature = "std")]
pub mod files;
mod host;
mod json;
mod net;
mod params;
mod plugin;
mod raw;

pub use answer::{Answer, Error, HostError, Status};
pub use host::*;
pub use json::Json;
pub use net::{exec, http, ws};
pub use params::{Params, Value};
pub use plugin::{Action, Call, Events, NoParams, Plugin};

#[doc(hidden)]
pub mod abi {
    //! What `plugin!` makes the exports of.
    pub use crate::plugin::{allocate, deallocate, execute, keep_events, pack, Plugin};
    pub use alloc::boxed::Box;
    pub use alloc::string::String;
    pub use alloc::vec::Vec;
}
