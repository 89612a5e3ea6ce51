#include "wasi/table.h"

#include "wasi/calls.h"

namespace midimon::wasi {
namespace {

using wasm::host_function;

constexpr wasm::HostFunction kTable[] = {
    host_function<args_get>("args_get"),
    host_function<args_sizes_get>("args_sizes_get"),
    host_function<clock_res_get>("clock_res_get"),
    host_function<clock_time_get>("clock_time_get"),
    host_function<environ_get>("environ_get"),
    host_function<environ_sizes_get>("environ_sizes_get"),
    host_function<fd_advise>("fd_advise"),
    host_function<fd_allocate>("fd_allocate"),
    host_function<fd_close>("fd_close"),
    host_function<fd_datasync>("fd_datasync"),
    host_function<fd_fdstat_get>("fd_fdstat_get"),
    host_function<fd_fdstat_set_flags>("fd_fdstat_set_flags"),
    host_function<fd_fdstat_set_rights>("fd_fdstat_set_rights"),
    host_function<fd_filestat_get>("fd_filestat_get"),
    host_function<fd_filestat_set_size>("fd_filestat_set_size"),
    host_function<fd_filestat_set_times>("fd_filestat_set_times"),
    host_function<fd_pread>("fd_pread"),
    host_function<fd_prestat_dir_name>("fd_prestat_dir_name"),
    host_function<fd_prestat_get>("fd_prestat_get"),
    host_function<fd_pwrite>("fd_pwrite"),
    host_function<fd_read>("fd_read"),
    host_function<fd_readdir>("fd_readdir"),
    host_function<fd_renumber>("fd_renumber"),
    host_function<fd_seek>("fd_seek"),
    host_function<fd_sync>("fd_sync"),
    host_function<fd_tell>("fd_tell"),
    host_function<fd_write>("fd_write"),
    host_function<path_create_directory>("path_create_directory"),
    host_function<path_filestat_get>("path_filestat_get"),
    host_function<path_filestat_set_times>("path_filestat_set_times"),
    host_function<path_link>("path_link"),
    host_function<path_open>("path_open"),
    host_function<path_readlink>("path_readlink"),
    host_function<path_remove_directory>("path_remove_directory"),
    host_function<path_rename>("path_rename"),
    host_function<path_symlink>("path_symlink"),
    host_function<path_unlink_file>("path_unlink_file"),
    host_function<poll_oneoff>("poll_oneoff"),
    host_function<proc_exit>("proc_exit"),
    host_function<proc_raise>("proc_raise"),
    host_function<random_get>("random_get"),
    host_function<sched_yield>("sched_yield"),
    host_function<sock_accept>("sock_accept"),
    host_function<sock_recv>("sock_recv"),
    host_function<sock_send>("sock_send"),
    host_function<sock_shutdown>("sock_shutdown"),
};
static_assert(std::size(kTable) == 46);

}  // namespace

wasm::ImportModule import_module() {
  return {"wasi_snapshot_preview1", kTable};
}

}  // namespace midimon::wasi
