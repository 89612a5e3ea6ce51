// What the arguments of each WASI function mean, so that a fuzzer can make up likely ones.
#pragma once

#include <array>
#include <string_view>

#include "vfs/operations.h"

namespace midimon::fuzz {

// The parameters of a function, a letter for each kind:
//   d  descriptor, of a directory at best  p  path, and its length
//   h  descriptor, of a file at best
//   o  where a result goes                 b  buffer, and its length
//   v  list of buffers, and their number   q  subscriptions, events, their number
//   w  64-bit number                       u  small number
//   l  lookup flags   O  open flags   r  rights   f  descriptor flags
struct CallKinds {
  std::string_view name;
  std::string_view kinds;
};

inline constexpr std::array kWasiCalls = {
    CallKinds{"args_get", "oo"},
    CallKinds{"args_sizes_get", "oo"},
    CallKinds{"clock_res_get", "uo"},
    CallKinds{"clock_time_get", "uwo"},
    CallKinds{"environ_get", "oo"},
    CallKinds{"environ_sizes_get", "oo"},
    CallKinds{"fd_advise", "hwwu"},
    CallKinds{"fd_allocate", "hww"},
    CallKinds{"fd_close", "h"},
    CallKinds{"fd_datasync", "h"},
    CallKinds{"fd_fdstat_get", "ho"},
    CallKinds{"fd_fdstat_set_flags", "hf"},
    CallKinds{"fd_fdstat_set_rights", "hrr"},
    CallKinds{"fd_filestat_get", "ho"},
    CallKinds{"fd_filestat_set_size", "hw"},
    CallKinds{"fd_filestat_set_times", "hwwu"},
    CallKinds{"fd_pread", "hvwo"},
    CallKinds{"fd_prestat_dir_name", "db"},
    CallKinds{"fd_prestat_get", "do"},
    CallKinds{"fd_pwrite", "hvwo"},
    CallKinds{"fd_read", "hvo"},
    CallKinds{"fd_readdir", "dbwo"},
    CallKinds{"fd_renumber", "hh"},
    CallKinds{"fd_seek", "hwuo"},
    CallKinds{"fd_sync", "h"},
    CallKinds{"fd_tell", "ho"},
    CallKinds{"fd_write", "hvo"},
    CallKinds{"path_create_directory", "dp"},
    CallKinds{"path_filestat_get", "dlpo"},
    CallKinds{"path_filestat_set_times", "dlpwwu"},
    CallKinds{"path_link", "dlpdp"},
    CallKinds{"path_open", "dlpOrrfo"},
    CallKinds{"path_readlink", "dpbo"},
    CallKinds{"path_remove_directory", "dp"},
    CallKinds{"path_rename", "dpdp"},
    CallKinds{"path_symlink", "pdp"},
    CallKinds{"path_unlink_file", "dp"},
    CallKinds{"poll_oneoff", "qo"},
    CallKinds{"proc_exit", "u"},
    CallKinds{"proc_raise", "u"},
    CallKinds{"random_get", "b"},
    CallKinds{"sched_yield", ""},
    CallKinds{"sock_accept", "duo"},
    CallKinds{"sock_recv", "dvuoo"},
    CallKinds{"sock_send", "dvuo"},
    CallKinds{"sock_shutdown", "du"},
};
static_assert(kWasiCalls.size() == 46);

// How many parameters `kinds` stands for.
constexpr std::size_t parameters(std::string_view kinds) {
  std::size_t count = 0;
  for (const char kind : kinds) {
    if (kind == 'q') {
      count += 3;
    } else {
      count += kind == 'p' || kind == 'b' || kind == 'v' ? 2 : 1;
    }
  }
  return count;
}

// The function that does what a generated step says.
constexpr std::string_view wasi_name(vfs::Call call) {
  constexpr std::array<std::string_view, vfs::kCalls> kNames = {"path_open",
                                                                "path_filestat_get",
                                                                "path_create_directory",
                                                                "path_remove_directory",
                                                                "path_unlink_file",
                                                                "path_rename",
                                                                "path_link",
                                                                "path_symlink",
                                                                "path_readlink",
                                                                "path_filestat_set_times",
                                                                "fd_readdir",
                                                                "fd_pwrite",
                                                                "fd_read",
                                                                "fd_write",
                                                                "fd_filestat_set_size",
                                                                "fd_allocate",
                                                                "fd_close"};
  return kNames[static_cast<std::size_t>(call)];
}

}  // namespace midimon::fuzz
