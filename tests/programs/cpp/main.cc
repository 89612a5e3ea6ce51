// What tests/programs/README.md asks of every program, in C++ over libc++: streams, containers,
// algorithms. Debian's libc++ for WASI has no <filesystem>, so directories are POSIX's.
#include "program.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <span>
#include <vector>

namespace {

void reach(std::span<const std::string> paths) {
  for (const std::string& path : paths) {
    const std::ifstream file(path);
    std::cout << path << (file.is_open() ? ": open\n" : ": refused\n");
  }
}

int usage() {
  std::cerr << "usage: sort IN OUT | walk DIR | tidy DIR | reach PATH... | words OUT\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 2) return usage();
  bool succeeded = true;
  if (args[0] == "sort" && args.size() == 3) {
    succeeded = sort_lines(args[1], args[2]);
  } else if (args[0] == "walk") {
    succeeded = walk(args[1]);
  } else if (args[0] == "tidy") {
    succeeded = tidy(args[1]);
  } else if (args[0] == "reach") {
    reach(std::span(args).subspan(1));
  } else if (args[0] == "words") {
    succeeded = count_words(args[1]);
  } else {
    return usage();
  }
  if (!succeeded) std::cerr << args[0] << " failed: " << std::strerror(errno) << "\n";
  return succeeded ? 0 : 1;
}
