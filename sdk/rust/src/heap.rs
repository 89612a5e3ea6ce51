//! The memory of a plugin: an allocator of a few hundred bytes of code, where the one that comes with
//! WASI has ten thousand.
//!
//! Sizes are rounded up by at most a quarter, to four steps between one power of two and the next.
//! A block that is given back waits in the list of its size and serves only that again, so that each
//! step takes the same short time, and what is lost to holes is at most what was in use before.
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;

/// What every block is aligned to.
const UNIT: usize = 16;
const LISTS: usize = 4 * 29;

/// Blocks of memory that `more` adds to.
pub(crate) struct Heap {
    /// The first free block of each size, 0 for none; in it is the address of the next.
    free: [usize; LISTS],
    /// Memory that no block was made of yet.
    start: usize,
    end: usize,
}

/// The size of the blocks that serve `size`, and which list is theirs; nothing above 1 GiB.
fn class(size: usize) -> Option<(usize, usize)> {
    if size > 1 << 30 {
        return None;
    }
    let last = size.max(1) - 1;
    if last < 4 * UNIT {
        let step = last / UNIT;
        return Some(((step + 1) * UNIT, step));
    }
    let high = (usize::BITS - 1 - last.leading_zeros()) as usize;
    let step = last >> (high - 2);
    Some(((step + 1) << (high - 2), (high - 6) * 4 + step))
}

impl Heap {
    pub(crate) const fn new() -> Heap {
        Heap { free: [0; LISTS], start: 0, end: 0 }
    }

    /// The address of a block, 0 if there is no memory. `more(n)` is asked for at least `n` bytes
    /// and answers with where they start and end, aligned to 16.
    ///
    /// # Safety
    /// What `more` answers with is memory of nobody else.
    pub(crate) unsafe fn take(
        &mut self,
        size: usize,
        more: impl FnOnce(usize) -> Option<(usize, usize)>,
    ) -> usize {
        let (size, list) = match class(size) {
            Some(found) => found,
            None => return 0,
        };
        let free = match self.free.get_mut(list) {
            Some(free) => free,
            None => return 0,
        };
        if *free != 0 {
            let block = *free;
            // SAFETY: it was given back, and nobody else has it.
            *free = unsafe { *(block as *const usize) };
            return block;
        }
        if self.end - self.start < size {
            match more(size) {
                Some((start, end)) => {
                    if start != self.end {
                        self.start = start;
                    }
                    self.end = end;
                }
                None => return 0,
            }
        }
        let block = self.start;
        self.start += size;
        block
    }

    /// # Safety
    /// `take` answered with `block` for a size that has the same blocks.
    pub(crate) unsafe fn give_back(&mut self, block: usize, size: usize) {
        if let Some(free) = class(size).and_then(|(_, list)| self.free.get_mut(list)) {
            // SAFETY: as said above.
            unsafe { *(block as *mut usize) = *free };
            *free = block;
        }
    }
}

/// What asks for more memory: `more` as `Heap::take` has it.
type More = fn(usize) -> Option<(usize, usize)>;

/// A heap that Rust's collections use. A guest has one thread.
pub(crate) struct Memory {
    heap: UnsafeCell<Heap>,
    more: More,
}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// # Safety
    /// As `Heap::take` says of `more`.
    pub(crate) const unsafe fn new(more: More) -> Memory {
        Memory { heap: UnsafeCell::new(Heap::new()), more }
    }
}

// SAFETY: blocks are disjoint, as large as asked for, and aligned.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread; nothing of this runs while it runs.
        let heap = unsafe { &mut *self.heap.get() };
        if layout.align() <= UNIT {
            return unsafe { heap.take(layout.size(), self.more) } as *mut u8;
        }
        // In front of it there is room for where the block begins.
        let block = unsafe { heap.take(layout.size().saturating_add(layout.align()), self.more) };
        if block == 0 {
            return ptr::null_mut();
        }
        let aligned = (block + layout.align()) & !(layout.align() - 1);
        unsafe { *((aligned - UNIT) as *mut usize) = block };
        aligned as *mut u8
    }

    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        // SAFETY: as above.
        let heap = unsafe { &mut *self.heap.get() };
        if layout.align() <= UNIT {
            return unsafe { heap.give_back(address as usize, layout.size()) };
        }
        unsafe {
            let block = *((address as usize - UNIT) as *const usize);
            heap.give_back(block, layout.size() + layout.align());
        }
    }

    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= UNIT && class(size) == class(layout.size()) {
            return address;
        }
        // SAFETY: both blocks are as large as what is copied.
        unsafe {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            let moved = self.alloc(new);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(address, moved, size.min(layout.size()));
                self.dealloc(address, layout);
            }
            moved
        }
    }
}

#[cfg(target_arch = "wasm32")]
mod installed {
    use super::{Memory, UNIT};
    use core::arch::wasm32::{memory_grow, memory_size};
    use core::ptr;
    use core::sync::atomic::{AtomicBool, Ordering};

    const PAGE: usize = 65536;

    extern "C" {
        // The linker's: where data and stack end.
        static __heap_base: u8;
    }

    /// The rest of the last page that data and stack left; then memory grows.
    fn more(size: usize) -> Option<(usize, usize)> {
        static BEGUN: AtomicBool = AtomicBool::new(false);
        if !BEGUN.swap(true, Ordering::Relaxed) {
            // SAFETY: only its address is taken, which newer Rust knows.
            #[allow(unused_unsafe)]
            let base = unsafe { ptr::addr_of!(__heap_base) } as usize;
            let (start, end) = ((base + UNIT - 1) & !(UNIT - 1), memory_size(0) * PAGE);
            if end > start && end - start >= size {
                return Some((start, end));
            }
        }
        let pages = (size + PAGE - 1) / PAGE;
        let old = memory_grow(0, pages);
        if old == usize::MAX {
            return None;
        }
        // No number of 32 bits says where the last page of all ends: it is left alone.
        let end = (old + pages).checked_mul(PAGE).unwrap_or(0usize.wrapping_sub(PAGE));
        Some((old * PAGE, end)).filter(|(start, end)| end - start >= size)
    }

    // SAFETY: what memory grew by is nobody else's, nor is what was left of a page.
    #[global_allocator]
    static MEMORY: Memory = unsafe { Memory::new(more) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn sizes_are_rounded_up_by_a_quarter_at_most() {
        let mut before = (0, usize::MAX);
        for size in (0..5000).chain((13..30).map(|bit| 1 << bit)) {
            let (block, list) = class(size).unwrap();
            assert!(block >= size && block % UNIT == 0, "{size}");
            assert!(block <= (size + UNIT).max(size + size / 4 + 1), "{size} {block}");
            assert!(list < LISTS);
            assert_eq!(class(block), Some((block, list)), "a block serves its own size");
            if size < 5000 {
                assert!(before.1 == usize::MAX || list == before.1 || list == before.1 + 1);
                assert_eq!(block == before.0, list == before.1);
                before = (block, list);
            }
        }
        assert_eq!(class(1 << 30).unwrap().0, 1 << 30);
        assert!(class(1 << 30).unwrap().1 < LISTS);
        assert_eq!(class((1 << 30) + 1), None);
        assert_eq!(class(usize::MAX), None);
    }

    // Takes and gives back in an order that looks like chance, and looks whether blocks overlap.
    #[test]
    fn blocks_are_disjoint_and_used_again() {
        let mut memory = vec![0u128; 1 << 16];
        let base = memory.as_mut_ptr() as usize;
        let size = memory.len() * 16;
        let mut given = 0;
        let mut heap = Heap::new();
        let mut more = |wanted: usize| {
            let start = base + given;
            given += (wanted + 4095) & !4095;
            if given > size {
                return None;
            }
            Some((start, base + given))
        };
        let mut held: Vec<(usize, usize, u8)> = Vec::new();
        let mut random = 1u64;
        for round in 0..20_000u32 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let chance = (random >> 33) as usize;
            if held.len() > 60 || (chance % 3 == 0 && !held.is_empty()) {
                let (block, length, mark) = held.swap_remove(chance % held.len());
                // SAFETY: it lies in `memory`, which outlives it.
                let bytes = unsafe { core::slice::from_raw_parts(block as *const u8, length) };
                assert!(bytes.iter().all(|byte| *byte == mark), "nobody else wrote into it");
                unsafe { heap.give_back(block, length) };
                continue;
            }
            let length = 1 + chance % 3000;
            let block = unsafe { heap.take(length, &mut more) };
            assert!(block >= base && block + length <= base + size && block % UNIT == 0);
            unsafe { ptr::write_bytes(block as *mut u8, round as u8, length) };
            held.push((block, length, round as u8));
        }
        assert_eq!(unsafe { heap.take(1 << 20, &mut more) }, 0, "there is no more");
        assert_eq!(unsafe { heap.take(usize::MAX, &mut more) }, 0);
    }

    // More of the memory that tests have.
    fn leaked(size: usize) -> Option<(usize, usize)> {
        let more = Vec::leak(vec![0u128; (size + UNIT - 1) / UNIT + 64]);
        let start = more.as_ptr() as usize;
        Some((start, start + more.len() * UNIT))
    }

    #[test]
    fn blocks_are_aligned_keep_what_is_in_them_and_are_cleared_when_asked() {
        // SAFETY: each block is used as it was asked for.
        unsafe {
            let memory = Memory::new(leaked);
            for align in [1usize, 8, 16, 32, 64, 4096] {
                let layout = Layout::from_size_align(100, align).unwrap();
                let first = memory.alloc(layout);
                assert_eq!(first as usize % align, 0);
                ptr::write_bytes(first, 7, 100);
                let larger = memory.realloc(first, layout, 10_000);
                let large = Layout::from_size_align(10_000, align).unwrap();
                assert_eq!(larger as usize % align, 0);
                assert!(core::slice::from_raw_parts(larger, 100).iter().all(|byte| *byte == 7));
                let smaller = memory.realloc(larger, large, 50);
                assert!(core::slice::from_raw_parts(smaller, 50).iter().all(|byte| *byte == 7));
                memory.dealloc(smaller, Layout::from_size_align(50, align).unwrap());
                let again = memory.alloc_zeroed(layout);
                assert_eq!(again, first, "the block was free again");
                assert!(core::slice::from_raw_parts(again, 100).iter().all(|byte| *byte == 0));
            }
            let small = Layout::from_size_align(33, 1).unwrap();
            let block = memory.alloc(small);
            assert_eq!(memory.realloc(block, small, 48), block, "there is room for it");
            assert!(memory.alloc(Layout::from_size_align(1 << 31, 1).unwrap()).is_null());
            let vast = Layout::from_size_align(usize::MAX / 2 - 8192, 4096).unwrap();
            assert!(memory.alloc(vast).is_null());
        }
    }

    #[test]
    fn without_memory_there_are_no_blocks() {
        // SAFETY: there are none.
        unsafe {
            let memory = Memory::new(|_| None);
            assert!(memory.alloc(Layout::new::<u64>()).is_null());
            assert!(memory.alloc(Layout::from_size_align(8, 64).unwrap()).is_null());
        }
    }
}
