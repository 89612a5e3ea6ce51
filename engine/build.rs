//! Writes the place of the C headers that belong to the pinned engine into `OUT_DIR/include-dir`,
//! where `cmake/build-engine.sh` picks it up.
use std::{env, fs, path::Path};

fn main() {
    let include = env::var("DEP_WASMTIME_C_API_INCLUDE")
        .expect("wasmtime-c-api-impl no longer tells where its headers are; see its build.rs");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("include-dir"), include).expect("OUT_DIR is writable");
}
