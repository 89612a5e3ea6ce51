// What making an instance ready costs: no system call but the engine's own for memory. Sanitizers
// make others of their own, so there is nothing to see in builds with one.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <thread>
#include <vector>

#include "wasi/table.h"
#include "wasi/test_support.h"
#include "wasm/engine.h"
#include "wasm/instance.h"
#include "wasm/module.h"

namespace midimon::wasi {
namespace {

std::atomic<bool> counting = false;
std::atomic<int> calls = 0;
std::atomic<int> last_call = -1;

void on_refused_call(int, siginfo_t* info, void*) {
  if (!counting) return;
  ++calls;
  last_call = info->si_syscall;
}

// From here on this thread gets a SIGSYS for each system call that is not about memory or locks,
// or about signals and leaving.
bool trap_system_calls() {
  constexpr auto kAllow = SECCOMP_RET_ALLOW;
  std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const unsigned call :
       {SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_futex,
        SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_tgkill, SYS_exit}) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, kAllow));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(Instantiation, CostsNoSystemCallOnceItsMountsAreOpen) {
  struct sigaction action {};
  action.sa_sigaction = &on_refused_call;
  action.sa_flags = SA_SIGINFO;
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGSYS, &action, &before), 0);

  const auto engine = wasm::Engine::create({});
  const auto binary = wasm::wat_to_wasm(R"((module
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
    (memory (export "memory") 2) (data (i32.const 0) "data")))");
  ASSERT_TRUE(binary) << binary.error().message;
  const auto module = wasm::Module::compile(*engine, *binary);
  ASSERT_TRUE(module) << module.error().message;
  const wasm::ImportModule imports[] = {import_module()};
  const wasm::Linker linker(*engine, imports);
  const auto program = wasm::Program::link(linker, *module);
  ASSERT_TRUE(program) << program.error().message;
  const vfs::TempDir host;
  const auto root = std::move(*vfs::open_disk(host.path().c_str(), {}));
  const std::vector<Preopen> preopens{{"/", root.get()}};
  const SystemClock clock;
  const auto make_ready = [&] {
    ContextOptions options;
    options.args = {"guest"};
    options.preopens = &preopens;
    options.clock = &clock;
    Context context(std::move(options));
    const wasm::Instance instance(*engine, *program, {}, {&context});
  };

  bool trapped = false;
  std::thread([&] {
    make_ready();  // what is set up once for all, and once for each thread
    trapped = trap_system_calls();
    (void)::syscall(SYS_getppid);  // refused, and not counted yet
    counting = true;
    (void)::syscall(SYS_getppid);
    make_ready();
    counting = false;
  }).join();
  ::sigaction(SIGSYS, &before, nullptr);
  ASSERT_TRUE(trapped);
  EXPECT_EQ(calls, 1) << "the last one was system call " << last_call;
}

}  // namespace
}  // namespace midimon::wasi

#endif
