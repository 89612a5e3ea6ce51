// The 46 functions of WASI preview1, one declaration each, as table.cc lists them. What each
// answers is in docs/wasi.md. Pointers and lengths are the guest's and are checked before anything
// happens.
#pragma once

#include <cstdint>

#include "base/errno.h"
#include "wasi/abi.h"
#include "wasi/context.h"
#include "wasm/host_function.h"

namespace midimon::wasi {

using abi::Fd;
using abi::Ptr;
using abi::Size;
using wasm::HostCall;

// args.cc
Errno args_get(Context&, HostCall&, Ptr argv, Ptr argv_buf);
Errno args_sizes_get(Context&, HostCall&, Ptr count, Ptr buf_size);
Errno environ_get(Context&, HostCall&, Ptr environ, Ptr environ_buf);
Errno environ_sizes_get(Context&, HostCall&, Ptr count, Ptr buf_size);

// clocks.cc
Errno clock_res_get(Context&, HostCall&, std::uint32_t id, Ptr resolution);
Errno clock_time_get(Context&, HostCall&, std::uint32_t id, std::uint64_t precision, Ptr time);

// files.cc: what is done to open descriptors
Errno fd_advise(Context&, HostCall&, Fd, std::uint64_t offset, std::uint64_t length,
                std::uint32_t advice);
Errno fd_allocate(Context&, HostCall&, Fd, std::uint64_t offset, std::uint64_t length);
Errno fd_close(Context&, HostCall&, Fd);
Errno fd_datasync(Context&, HostCall&, Fd);
Errno fd_fdstat_get(Context&, HostCall&, Fd, Ptr stat);
Errno fd_fdstat_set_flags(Context&, HostCall&, Fd, std::uint32_t flags);
Errno fd_fdstat_set_rights(Context&, HostCall&, Fd, std::uint64_t base, std::uint64_t inheriting);
Errno fd_filestat_get(Context&, HostCall&, Fd, Ptr stat);
Errno fd_filestat_set_size(Context&, HostCall&, Fd, std::uint64_t size);
Errno fd_filestat_set_times(Context&, HostCall&, Fd, std::uint64_t atim, std::uint64_t mtim,
                            std::uint32_t flags);
Errno fd_prestat_get(Context&, HostCall&, Fd, Ptr prestat);
Errno fd_prestat_dir_name(Context&, HostCall&, Fd, Ptr path, Size path_len);
Errno fd_renumber(Context&, HostCall&, Fd from, Fd to);
Errno fd_seek(Context&, HostCall&, Fd, std::int64_t delta, std::uint32_t whence, Ptr new_offset);
Errno fd_sync(Context&, HostCall&, Fd);
Errno fd_tell(Context&, HostCall&, Fd, Ptr offset);

// transfer.cc: reading and writing
Errno fd_pread(Context&, HostCall&, Fd, Ptr iovs, Size iovs_len, std::uint64_t offset, Ptr nread);
Errno fd_pwrite(Context&, HostCall&, Fd, Ptr iovs, Size iovs_len, std::uint64_t offset,
                Ptr nwritten);
Errno fd_read(Context&, HostCall&, Fd, Ptr iovs, Size iovs_len, Ptr nread);
Errno fd_write(Context&, HostCall&, Fd, Ptr iovs, Size iovs_len, Ptr nwritten);

// readdir.cc
Errno fd_readdir(Context&, HostCall&, Fd, Ptr buf, Size buf_len, std::uint64_t cookie,
                 Ptr buf_used);

// paths.cc
Errno path_create_directory(Context&, HostCall&, Fd, Ptr path, Size path_len);
Errno path_filestat_get(Context&, HostCall&, Fd, std::uint32_t lookup, Ptr path, Size path_len,
                        Ptr stat);
Errno path_filestat_set_times(Context&, HostCall&, Fd, std::uint32_t lookup, Ptr path,
                              Size path_len, std::uint64_t atim, std::uint64_t mtim,
                              std::uint32_t flags);
Errno path_link(Context&, HostCall&, Fd old_fd, std::uint32_t lookup, Ptr old_path,
                Size old_path_len, Fd new_fd, Ptr new_path, Size new_path_len);
Errno path_open(Context&, HostCall&, Fd, std::uint32_t lookup, Ptr path, Size path_len,
                std::uint32_t oflags, std::uint64_t rights, std::uint64_t rights_inheriting,
                std::uint32_t fdflags, Ptr opened);
Errno path_readlink(Context&, HostCall&, Fd, Ptr path, Size path_len, Ptr buf, Size buf_len,
                    Ptr used);
Errno path_remove_directory(Context&, HostCall&, Fd, Ptr path, Size path_len);
Errno path_rename(Context&, HostCall&, Fd old_fd, Ptr old_path, Size old_path_len, Fd new_fd,
                  Ptr new_path, Size new_path_len);
Errno path_symlink(Context&, HostCall&, Ptr target, Size target_len, Fd, Ptr path, Size path_len);
Errno path_unlink_file(Context&, HostCall&, Fd, Ptr path, Size path_len);

// poll.cc
Errno poll_oneoff(Context&, HostCall&, Ptr subscriptions, Ptr events, Size count, Ptr nevents);

// process.cc
void proc_exit(Context&, HostCall&, std::uint32_t code);
Errno proc_raise(Context&, HostCall&, std::uint32_t signal);
Errno random_get(Context&, HostCall&, Ptr buf, Size buf_len);
Errno sched_yield(Context&, HostCall&);
Errno sock_accept(Context&, HostCall&, Fd, std::uint32_t flags, Ptr fd);
Errno sock_recv(Context&, HostCall&, Fd, Ptr iovs, Size iovs_len, std::uint32_t flags, Ptr nread,
                Ptr out_flags);
Errno sock_send(Context&, HostCall&, Fd, Ptr iovs, Size iovs_len, std::uint32_t flags,
                Ptr nwritten);
Errno sock_shutdown(Context&, HostCall&, Fd, std::uint32_t how);

}  // namespace midimon::wasi
