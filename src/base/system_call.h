// system_call(): the kernel, with nothing in between, for the few calls that programs make millions
// of times.
//
// glibc's wrappers of calls that may block are cancellation points: in a program with threads, each
// pays two atomic operations for that. And where the kernel guards its returns (AMD's SRSO), the
// processor mispredicts every return that the caller still has to make, 6 ns each as measured on
// such a machine; a wrapper is one of them.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace midimon {

// Answers as the kernel does: -errno where it failed. What it leaves in `errno` means nothing.
// Sanitizers know glibc's function, so they get that one.
#if defined(__x86_64__) && defined(__LP64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
inline long system_call(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  long result = number;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#else
inline long system_call(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0,
                        long f = 0) {
  const long result = ::syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
}
#endif

// A pointer as the kernel takes it.
inline long as_argument(const void* pointer) {
  return reinterpret_cast<long>(pointer);
}

}  // namespace midimon
