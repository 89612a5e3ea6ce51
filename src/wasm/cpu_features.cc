#include "wasm/cpu_features.h"

#include <fmt/format.h>
#include <sys/auxv.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <cstdint>

namespace midimon::wasm {
namespace {

#if defined(__x86_64__)

constexpr const char* kArchitecture = "x86_64";

struct Registers {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t d = 0;
};

// All 0 where the processor has no such leaf.
Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

// Which registers the kernel saves: without it a processor's AVX cannot be used.
std::uint32_t saved_state(const Registers& basic) {
  constexpr std::uint32_t kOsxsave = 1U << 27;
  if ((basic.c & kOsxsave) == 0) return 0;
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

std::string words() {
  const Registers basic = cpuid(1, 0);  // b is about the core this runs on, not what it can do
  const Registers extended = cpuid(7, 0);
  const Registers more = cpuid(7, 1);
  const Registers amd = cpuid(0x80000001, 0);
  return fmt::format("{:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x} {:x}", basic.c, basic.d, extended.b,
                     extended.c, extended.d, more.a, amd.c, amd.d, saved_state(basic));
}

#else

#if defined(__aarch64__)
constexpr const char* kArchitecture = "aarch64";
#else
constexpr const char* kArchitecture = "other";
#endif

std::string words() {
  return fmt::format("{:x} {:x}", ::getauxval(AT_HWCAP), ::getauxval(AT_HWCAP2));
}

#endif

}  // namespace

std::string cpu_features() {
  return fmt::format("{} {}", kArchitecture, words());
}

}  // namespace midimon::wasm
