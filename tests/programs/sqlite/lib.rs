//! Empty: this crate is only there to have a dependency.
