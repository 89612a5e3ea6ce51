// proc_raise, random_get, sched_yield and sock_*; proc_exit needs a guest, see guest_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "wasi/table.h"
#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using ProcessTest = WasiTest;

TEST_F(ProcessTest, NoSignalCanBeRaised) {
  for (const std::uint32_t signal : {0U, 9U, 31U, 0xFFFFFFFFU}) {
    EXPECT_EQ(run(proc_raise, signal), Errno::notsup);
  }
}

TEST_F(ProcessTest, YieldingWorks) {
  EXPECT_EQ(run(sched_yield), Errno::success);
}

TEST_F(ProcessTest, RandomBytesFillExactlyTheBuffer) {
  EXPECT_EQ(run(random_get, kBuffer + 1, 1000), Errno::success);
  EXPECT_EQ(bytes_[kBuffer], std::byte{0xAA});
  EXPECT_EQ(bytes_[kBuffer + 1001], std::byte{0xAA});
  const std::string random = text_at(kBuffer + 1, 1000);
  EXPECT_GT(std::set<char>(random.begin(), random.end()).size(), 100U);
  EXPECT_EQ(run(random_get, kBuffer + 1, 1000), Errno::success);
  EXPECT_NE(text_at(kBuffer + 1, 1000), random);
}

TEST_F(ProcessTest, RandomBytesInSeveralChunks) {
  bytes_.assign(1'000'000, std::byte{0});
  EXPECT_EQ(run(random_get, 0, 1'000'000), Errno::success);
  const auto zeros = std::count(bytes_.begin(), bytes_.end(), std::byte{0});
  EXPECT_GT(zeros, 3000);
  EXPECT_LT(zeros, 5000);
  EXPECT_TRUE(
      std::any_of(bytes_.end() - 100, bytes_.end(), [](auto b) { return b != std::byte{0}; }));
}

TEST_F(ProcessTest, Attack43_RandomGetOf4GiB) {
  EXPECT_TRUE(leaves_memory_alone([&] {
    EXPECT_EQ(run(random_get, 0, 0xFFFFFFFF), Errno::fault);
    EXPECT_EQ(run(random_get, kBuffer, 0u - kBuffer), Errno::fault);
    EXPECT_EQ(run(random_get, 0xFFFFFFFF, 1), Errno::fault);
    EXPECT_EQ(run(random_get, kEnd - 1, 2), Errno::fault);
    EXPECT_EQ(run(random_get, kEnd + 1, 0), Errno::fault);
    EXPECT_EQ(run(random_get, kEnd, 0), Errno::success);
  }));
  EXPECT_EQ(run(random_get, kEnd - 1, 1), Errno::success);
}

TEST_F(ProcessTest, ThereAreNoSockets) {
  const Fd file = must_open("f");
  const Ptr iovs = put_values<abi::Iovec>({{kBuffer, 10}});
  const auto call_all = [&](Fd fd, Errno why) {
    EXPECT_EQ(run(sock_accept, fd, 0, kOut), why) << fd;
    EXPECT_EQ(run(sock_recv, fd, iovs, 1, 0, kOut, kOut + 4), why) << fd;
    EXPECT_EQ(run(sock_send, fd, iovs, 1, 0, kOut), why) << fd;
    EXPECT_EQ(run(sock_shutdown, fd, 3), why) << fd;
  };
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Fd fd : {Fd{0}, Fd{1}, kRoot, file})
      call_all(fd, Errno::notsock);
    for (const Fd fd : {kClosed, kWild})
      call_all(fd, Errno::badf);
  }));
}

// The witx file's types, in its order.
struct Row {
  std::string_view name;
  std::string_view params;  // i: i32, I: i64
};
constexpr Row kWitx[] = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "iIi"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"fd_advise", "iIIi"},
    {"fd_allocate", "iII"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "iII"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "iI"},
    {"fd_filestat_set_times", "iIIi"},
    {"fd_pread", "iiiIi"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_prestat_get", "ii"},
    {"fd_pwrite", "iiiIi"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiiIi"},
    {"fd_renumber", "ii"},
    {"fd_seek", "iIii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiiIIi"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiiIIii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_exit", "i"},
    {"proc_raise", "i"},
    {"random_get", "ii"},
    {"sched_yield", ""},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};

TEST(Table, HasTheTypesOfTheStandard) {
  const wasm::ImportModule module = import_module();
  EXPECT_EQ(module.name, "wasi_snapshot_preview1");
  ASSERT_EQ(module.functions.size(), std::size(kWitx));
  for (std::size_t i = 0; i < std::size(kWitx); ++i) {
    const wasm::HostFunction& row = module.functions[i];
    EXPECT_EQ(row.name, kWitx[i].name);
    std::string params;
    for (std::size_t p = 0; p < row.param_count; ++p) {
      params += row.params[p] == wasm::ValueType::i64 ? 'I' : 'i';
    }
    EXPECT_EQ(params, kWitx[i].params) << row.name;
    EXPECT_EQ(row.has_result, row.name != "proc_exit") << row.name;
    EXPECT_EQ(row.result, wasm::ValueType::i32) << row.name;
  }
}

}  // namespace
}  // namespace midimon::wasi
