// HTTP to a server of this machine, through the sandbox and by libcurl alone. Run by `make bench`;
// both come from one run on one machine.
//
// The server is as small as one can be: it answers whatever ends in an empty line.
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "midimon/plugin.h"

namespace midimon::bench {
namespace {

constexpr int kRequests = 2'000;
constexpr int kRounds = 5;

void check(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "bench_http: {}\n", what);
  std::exit(1);
}

void serve(int connection) {
  const int yes = 1;
  ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  constexpr std::string_view kAnswer =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello";
  std::array<char, 4096> buffer;
  std::string request;
  while (true) {
    const ssize_t got = ::read(connection, buffer.data(), buffer.size());
    if (got <= 0) break;
    request.append(buffer.data(), static_cast<std::size_t>(got));
    if (!request.ends_with("\r\n\r\n")) continue;
    request.clear();
    check(::write(connection, kAnswer.data(), kAnswer.size()) > 0, "the server cannot answer");
  }
  ::close(connection);
}

// Its port. It serves until the process ends.
int start_server() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listener, any, size) == 0 && ::listen(listener, 16) == 0 &&
            ::getsockname(listener, any, &size) == 0,
        "there is no server");
  std::thread([listener] {
    while (true) {
      const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) std::thread(serve, connection).detach();
    }
  }).detach();
  return ntohs(address.sin_port);
}

// Microseconds for each of `count`, the median of some rounds.
double microseconds(int count, const std::function<void()>& round) {
  round();  // connects, and warms what there is to warm
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    round();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    times.push_back(took.count() / count);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

std::size_t ignore(char* /*bytes*/, std::size_t size, std::size_t count, void* /*none*/) {
  return size * count;
}

double by_libcurl(const std::string& url) {
  CURL* const easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &ignore);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  const double each = microseconds(kRequests, [&] {
    for (int i = 0; i < kRequests; ++i)
      check(curl_easy_perform(easy) == CURLE_OK, "libcurl cannot reach the server");
  });
  curl_easy_cleanup(easy);
  return each;
}

struct Sandboxed {
  explicit Sandboxed(const std::string& origin)
      : runtime(std::move(*Runtime::create(options()))),
        plugin(
            std::move(*WasmPlugin::load(*runtime, MIDIMON_GUESTS "/reach.wasm", config(origin)))) {}

  static RuntimeOptions options() {
    RuntimeOptions options;
    options.home = (std::filesystem::temp_directory_path() / "midimon-bench").string();
    return options;
  }
  static WasmConfig config(const std::string& origin) {
    WasmConfig config;
    config.capabilities = {{CapabilityKind::network, {origin}, {}}};
    config.max_execution_time = std::chrono::seconds(60);
    config.max_fuel = 1'000'000'000;
    return config;
  }
  void ask(const std::string& url, int times) {
    Request request;
    request.action = "repeat";
    request.params =
        Params::from_json(
            fmt::format(R"({{"request":"{{\"url\":\"{}\"}}","times":{}}})", url, times))
            .value();
    const CallResult result = plugin.execute(request);
    check(result.outcome == Outcome::ok, result.message.c_str());
  }

  std::unique_ptr<Runtime> runtime;
  WasmPlugin plugin;
};

int run() {
  const std::string origin = fmt::format("http://127.0.0.1:{}", start_server());
  const std::string url = origin + "/";
  Sandboxed sandboxed(origin);
  // The thread that a guest runs on, as it is in a host: confined.
  std::array<double, 3> each{};
  std::thread([&] {
    check(sandboxed.plugin.confine_thread().has_value(), "the thread cannot be confined");
    each[0] = microseconds(kRequests, [&] { sandboxed.ask(url, kRequests); });
    each[1] = microseconds(kRequests, [&] {
      for (int i = 0; i < kRequests; ++i)
        sandboxed.ask(url, 1);
    });
  }).join();
  each[2] = by_libcurl(url);
  const auto print = [&](const char* what, double time) {
    fmt::print("  {:<52} {:>8.1f} {:>10.0f} {:>6.2f}\n", what, time, 1e6 / time, time / each[2]);
  };
  fmt::print("\nHTTP to a server of this machine, median of {}; a kept connection\n\n", kRounds);
  fmt::print("  {:<52} {:>8} {:>10} {:>6}\n", "", "µs", "in 1 s", "ratio");
  print("requests of a plugin, many in one call", each[0]);
  print("requests of a plugin, one call for each", each[1]);
  print("floor: libcurl alone, one handle", each[2]);
  return 0;
}

}  // namespace
}  // namespace midimon::bench

int main() {
  return midimon::bench::run();
}
