//! Carries the wasmtime C API into a static library, `libmidimon_engine.a`, and adds the one thing
//! that API lacks: a limiter that tells how much memory a store came to hold, and how often it asked
//! for more than it was allowed.

pub extern crate wasmtime_c_api;

use wasmtime_c_api::wasmtime::{ResourceLimiter, Result};
use wasmtime_c_api::{wasmtime_store_t, WasmtimeStore};

/// The limits of one store and what became of them. `src/wasm/store_limits.h` declares the same.
#[repr(C)]
pub struct StoreLimits {
    /// Bytes that one linear memory may hold.
    pub max_memory_bytes: u64,
    /// Elements that one table may hold.
    pub max_table_elements: u64,
    /// The most bytes a linear memory of this store ever held.
    pub memory_peak_bytes: u64,
    /// The size that the last refused growth of a memory asked for; 0 when none was refused.
    pub memory_refused_bytes: u64,
    /// The size that the last refused growth of a table asked for; 0 when none was refused.
    pub table_refused_elements: u64,
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _now: usize, desired: usize, max: Option<usize>) -> Result<bool> {
        let desired = desired as u64;
        if desired > self.max_memory_bytes {
            self.memory_refused_bytes = desired;
            return Ok(false);
        }
        if max.is_none_or(|max| desired <= max as u64) {
            self.memory_peak_bytes = self.memory_peak_bytes.max(desired);
        }
        Ok(true)
    }

    fn table_growing(&mut self, _now: usize, desired: usize, _max: Option<usize>) -> Result<bool> {
        let allowed = desired as u64 <= self.max_table_elements;
        if !allowed {
            self.table_refused_elements = desired as u64;
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        4
    }
}

struct LimitsOfHost(*mut StoreLimits);

// The host moves a store between threads together with the limits it points to.
unsafe impl Send for LimitsOfHost {}
unsafe impl Sync for LimitsOfHost {}

impl LimitsOfHost {
    fn get<'a>(&self) -> &'a mut StoreLimits {
        // Valid, and nobody else's, by the contract of `midimon_store_set_limits`.
        unsafe { &mut *self.0 }
    }
}

/// Puts `limits` in force for everything that is created or grown in `store` from now on.
///
/// # Safety
/// `limits` outlives `store`, and nobody touches it while code of the store runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midimon_store_set_limits(
    store: *mut wasmtime_store_t,
    limits: *mut StoreLimits,
) {
    // wasmtime_store_t is #[repr(C)] with the store as its only field; the sizes below must agree.
    const _: () = assert!(size_of::<wasmtime_store_t>() == size_of::<WasmtimeStore>());
    let store = unsafe { &mut *store.cast::<WasmtimeStore>() };
    let limits = LimitsOfHost(limits);
    store.limiter(move |_| limits.get());
}
