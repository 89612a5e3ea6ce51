//! What files need of WASI preview1.
use crate::raw::host;

#[repr(C)]
pub struct Prestat {
    /// 0: a directory.
    pub kind: u32,
    pub name_length: usize,
}
#[repr(C)]
pub struct Buffer {
    pub start: *mut u8,
    pub length: usize,
}

// Each answers with the number of an error, 52 that there is no such function.
host! {
    "wasi_snapshot_preview1", 52u8;
    pub fn fd_prestat_get(file: u32, prestat: *mut Prestat) -> u32;
    pub fn fd_prestat_dir_name(file: u32, name: *mut u8, length: usize) -> u32;
    pub fn path_open(
        directory: u32,
        lookup: u32,
        path: *const u8,
        length: usize,
        how: u32,
        rights: u64,
        inherited: u64,
        flags: u32,
        file: *mut u32,
    ) -> u32;
    pub fn fd_read(file: u32, buffers: *const Buffer, count: usize, read: *mut usize) -> u32;
    pub fn fd_write(file: u32, buffers: *const Buffer, count: usize, written: *mut usize) -> u32;
    pub fn fd_close(file: u32) -> u32;
    pub fn path_rename(
        directory: u32,
        path: *const u8,
        length: usize,
        new_directory: u32,
        new_path: *const u8,
        new_length: usize,
    ) -> u32;
    pub fn path_unlink_file(directory: u32, path: *const u8, length: usize) -> u32;
}
