// A hostile guest of the "midimon" module: sequences of calls with arguments that now and then are
// not what they should be. It is granted a server of this process, every host of the internet,
// which it cannot find, and one program.
//
// After each call: the answer is one of those there are, the sentence about it can be shown, and
// outside the guest's memory nothing was touched. Nothing is connected to but the server.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "fuzz/check.h"
#include "fuzz/wasi_sandbox.h"
#include "hostapi/context.h"
#include "hostapi/table.h"
#include "net/web.h"
#include "process/runner.h"
#include "vfs/operations.h"

namespace midimon::fuzz {
namespace {

using Values = std::array<wasm::RawValue, wasm::HostFunction::kMaxParams>;

constexpr int kMostCalls = 40;  // of one guest
constexpr std::uint32_t kAnswers = 12;

// Where things lie in the guest's memory.
constexpr std::uint32_t kHandle = 256;
constexpr std::uint32_t kOut = 512;
constexpr std::uint32_t kText = 8192;
constexpr std::uint32_t kBuffer = 32'768;
constexpr std::uint32_t kEnd = Memory::kSize;

constexpr std::array<std::uint32_t, 14> kHostile = {
    0,        1,    3,        255,        256,        257,        kEnd - 8,
    kEnd - 1, kEnd, kEnd + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF};

class NoLog final : public LogSink {
 public:
  void write(LogLevel /*level*/, std::string_view /*source*/, std::string_view text) override {
    check(is_safe_to_show(text), "a line of the log can be shown");
  }
};

// Answers a request with five bytes, and goes on.
void serve(int connection) {
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  std::array<char, 4096> buffer;
  std::string request;
  while (true) {
    const ssize_t got = ::read(connection, buffer.data(), buffer.size());
    if (got <= 0) break;
    request.append(buffer.data(), static_cast<std::size_t>(got));
    if (request.find("\r\n\r\n") == std::string::npos) continue;
    request.clear();
    if (::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) break;
  }
  ::close(connection);
}

std::uint16_t start_server() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listener, any, size) == 0 && ::listen(listener, 16) == 0 &&
            ::getsockname(listener, any, &size) == 0,
        "there is a server");
  std::thread([listener] {
    while (true) {
      const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) std::thread(serve, connection).detach();
    }
  }).detach();
  return ntohs(address.sin_port);
}

// What all guests share.
struct World {
  World() {
    check(permissions
              .add({CapabilityKind::network,
                    {"http://127.0.0.1:" + std::to_string(port),
                     "ws://127.0.0.1:" + std::to_string(port), "http://*.example.org:*"},
                    {}},
                   grants::Side::policy)
              .has_value(),
          "the hosts are rules");
    check(permissions.add({CapabilityKind::subprocess, {"/bin/true *"}, {}}, grants::Side::policy)
              .has_value(),
          "the program is a rule");
    const std::string origin = "127.0.0.1:" + std::to_string(port);
    texts = {R"({"url":"http://)" + origin + R"(/"})",
             R"({"url":"http://)" + origin + R"(/","method":"POST","headers":{"A":"b"}})",
             R"({"url":"http://)" + origin + R"(/","secret_headers":{"A":"{{b}}"}})",
             R"({"url":"ws://)" + origin + R"(/","protocols":["a"]})",
             R"({"url":"http://a.example.org/"})",
             R"({"url":"http://127.0.0.1:1/"})",
             R"({"argv":["/bin/true","x"],"timeout_ms":1})",
             R"({"argv":["/bin/false"]})"};
  }

  static net::WebOptions options(std::uint16_t port) {
    net::WebOptions all;
    all.resolve = [](const std::string&, std::uint16_t) -> Result<std::vector<net::Address>> {
      return fail(ErrorCode::not_found, "There is no such host.");
    };
    all.may_connect = [port](const net::Address& address) {
      check(net::to_string(address) == "127.0.0.1" &&
                ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port) == port,
            "only the server is connected to");
      return true;
    };
    return all;
  }

  std::uint16_t port = start_server();
  net::Web web = std::move(net::Web::create(options(port)).value());
  Runner programs;
  NoLog log;
  SystemClock clock;
  std::string plugin = "guest";
  std::string source = "plugin guest";
  grants::Permissions all = grants::Permissions::everything();
  grants::Permissions permissions;
  std::vector<std::string> texts;
};

// What the parameters of the functions mean, a letter for each kind:
//   t  a request, and its length   b  bytes, and their length   h  a handle   n  a number
//   c  a buffer, and its capacity  o  where a result goes       H  where a handle goes
struct Kinds {
  std::string_view name;
  std::string_view kinds;
};
constexpr std::array kKinds = {
    Kinds{"http_request", "tbH"}, Kinds{"http_head", "hco"},   Kinds{"http_read", "hco"},
    Kinds{"http_close", "h"},     Kinds{"ws_connect", "tH"},   Kinds{"ws_send", "hnb"},
    Kinds{"ws_receive", "hnco"},  Kinds{"ws_close", "hn"},     Kinds{"exec", "tbH"},
    Kinds{"exec_result", "hco"},  Kinds{"exec_read", "hnco"},  Kinds{"exec_close", "h"},
    Kinds{"last_error", "co"},    Kinds{"set_output", "t"},    Kinds{"set_error", "t"},
    Kinds{"log", "nt"},           Kinds{"storage_usage", "o"},
};

class Guest {
 public:
  Guest(vfs::Choices& choices, const World& world, const Memory& memory)
      : choices_(choices), world_(world), memory_(memory.view()) {}

  Values arguments(const wasm::HostFunction& function) {
    values_ = {};
    count_ = 0;
    const auto* const known = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kinds& kinds) {
      return kinds.name == function.name;
    });
    if (known != kKinds.end()) {
      for (const char kind : known->kinds)
        add_kind(kind);
    }
    while (count_ < function.param_count)
      add_kind("thnbco"[choices_.below(6)]);
    if (function.param_count > 0 && choices_.one_in(3)) {
      values_.at(choices_.below(function.param_count)).i32 = static_cast<std::int32_t>(hostile());
    }
    return values_;
  }

 private:
  std::uint32_t hostile() { return kHostile.at(choices_.below(kHostile.size())); }
  void add(std::uint64_t value) {
    if (count_ < values_.size()) values_.at(count_++).i32 = static_cast<std::int32_t>(value);
  }

  void add_text() {
    std::string text = world_.texts.at(choices_.below(world_.texts.size()));
    for (std::uint64_t i = choices_.one_in(3) ? choices_.below(4) : 0; i > 0; --i)
      text.at(choices_.below(text.size())) = static_cast<char>(choices_.below(256));
    std::memcpy(memory_.bytes(kText, text.size()).data(), text.data(), text.size());
    add(kText);
    add(text.size());
  }

  void add_kind(char kind) {
    switch (kind) {
      case 't':
        return add_text();
      case 'b':
        add(kBuffer);
        return add(choices_.below(64));
      case 'h':
        return add(choices_.one_in(4) ? choices_.below(1024)
                                      : memory_.load<std::uint32_t>(kHandle));
      case 'n':
        return add(choices_.below(4));
      case 'c':
        add(kBuffer);
        return add(choices_.one_in(2) ? 4096 : choices_.below(64));
      case 'H':
        return add(kHandle);
      default:
        return add(kOut + 8 * choices_.below(2));
    }
  }

  vfs::Choices& choices_;
  const World& world_;
  wasm::GuestMemory memory_;
  Values values_{};
  std::size_t count_ = 0;
};

void live(vfs::Choices& choices, World& world, const Memory& memory,
          const std::function<bool()>& done) {
  hostapi::LogBudget budget(100'000);
  hostapi::LaunchBudget launches;
  hostapi::Gate gate({world.plugin, world.plugin, world.source, world.all, world.all}, world.log,
                     nullptr);
  hostapi::Services services;
  services.web = &world.web;
  services.programs = &world.programs;
  hostapi::Context context({world.log, budget, launches, world.clock, world.source, gate,
                            world.permissions, world.permissions, nullptr, services});
  Guest guest(choices, world, memory);
  const auto functions = hostapi::import_module().functions;
  for (int i = 0; i < kMostCalls && !done(); ++i) {
    const wasm::HostFunction& function = functions[choices.below(functions.size())];
    Values values = guest.arguments(function);
    wasm::Budget time(world.clock.monotonic() + std::chrono::milliseconds(20));
    wasm::HostCall call{memory.view(), time};
    function.invoke(&context, call, values.data());
    if (function.has_result) {
      check(static_cast<std::uint32_t>(values[0].i32) < kAnswers, "every answer is one of ours");
    }
    check(is_safe_to_show(context.last_error()), "what is said of an error can be shown");
  }
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;                // NOLINT(google-build-using-namespace)
  static auto& world = *new fuzz::World;  // its threads outlive main()
  static const fuzz::Memory memory;
  memory.clear();
  vfs::ByteChoices choices({data, size});
  fuzz::live(choices, world, memory, [&] { return choices.exhausted(); });
  return 0;
}
