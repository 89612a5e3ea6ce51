// Runs a fuzz target without libFuzzer, for `make test`: over the files and directories it is
// given, then over random inputs and changed files for two seconds.
//
//   fuzz_NAME [FILE|DIRECTORY]...   MIDIMON_FUZZ_SEED=N starts with that seed,
//                                   MIDIMON_FUZZ_ROUNDS=N runs that many and not for two seconds
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::size_t kMaxInput = 4096;

// What to say if the input that runs now ends the process.
std::array<char, 512> g_running{};

void on_death(int signal) {
  (void)!::write(STDERR_FILENO, g_running.data(), std::strlen(g_running.data()));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const Bytes& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

Bytes read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// All files below `paths`, in an order that is always the same.
std::vector<std::filesystem::path> files_below(int count, char** paths) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(paths[i])) {
      files.emplace_back(paths[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(paths[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// A few bytes changed, inserted or left out; sometimes the head of one with the tail of another.
Bytes changed(const std::vector<Bytes>& corpus, std::mt19937_64& random) {
  Bytes input = corpus[random() % corpus.size()];
  if (random() % 4 == 0) {
    const Bytes& other = corpus[random() % corpus.size()];
    input.resize(random() % (input.size() + 1));
    const auto from = static_cast<std::ptrdiff_t>(random() % (other.size() + 1));
    input.insert(input.end(), other.begin() + from, other.end());
  }
  for (std::uint64_t times = 1 + random() % 4; times > 0 && !input.empty(); --times) {
    const std::size_t at = random() % input.size();
    const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random() % 3) {
      case 0:
        *here = static_cast<std::uint8_t>(random());
        break;
      case 1:
        input.insert(here, static_cast<std::uint8_t>(random()));
        break;
      default:
        input.erase(here);
    }
  }
  return input;
}

Bytes made_from(std::uint64_t seed, const std::vector<Bytes>& corpus) {
  std::mt19937_64 random(seed);
  if (!corpus.empty() && random() % 2 == 0) return changed(corpus, random);
  Bytes input(random() % kMaxInput);
  for (std::uint8_t& byte : input)
    byte = static_cast<std::uint8_t>(random());
  return input;
}

std::uint64_t env_number(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    std::signal(signal, on_death);
  std::vector<Bytes> corpus;
  for (const auto& path : files_below(argc, argv)) {
    corpus.push_back(read(path));
    std::snprintf(g_running.data(), g_running.size(), "It was the input %s\n", path.c_str());
    run(corpus.back());
  }
  const std::uint64_t first = env_number("MIDIMON_FUZZ_SEED", 1);
  const std::uint64_t rounds = env_number("MIDIMON_FUZZ_ROUNDS", 0);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  std::uint64_t i = 0;
  for (; rounds > 0 ? i < rounds : std::chrono::steady_clock::now() < end; ++i) {
    std::snprintf(g_running.data(), g_running.size(),
                  "Run it again with MIDIMON_FUZZ_SEED=%llu MIDIMON_FUZZ_ROUNDS=1\n",
                  static_cast<unsigned long long>(first + i));
    run(made_from(first + i, corpus));
  }
  std::printf("%zu saved inputs, %llu random ones\n", corpus.size(),
              static_cast<unsigned long long>(i));
}
