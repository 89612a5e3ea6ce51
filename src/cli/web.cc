#include "cli/web.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/units.h"
#include "cli/console.h"
#include "net/download.h"

namespace midimon::cli {
namespace {

constexpr Nanos kShowEvery = std::chrono::milliseconds(100);
constexpr Nanos kSmallFile = std::chrono::seconds(60);
constexpr Nanos kLargeFile = std::chrono::minutes(30);

// The last part of a URL, as people call the file.
std::string_view name_of(std::string_view url) {
  const std::string_view path = net::without_query(url);
  return path.substr(path.rfind('/') + 1);
}

// One line on the terminal for one file.
class ProgressOf {
 public:
  explicit ProgressOf(const std::string& url) : name_(name_of(url)) {}

  void operator()(std::uint64_t received, std::uint64_t total) {
    const Nanos now = clock_.monotonic();
    if (now < next_) return;
    next_ = now + kShowEvery;
    line_.show(total == 0 ? fmt::format("{}  {}", name_, format_bytes(received))
                          : fmt::format("{}  {} of {}  {}", name_, format_bytes(received),
                                        format_bytes(total), bar(received, total)));
  }

 private:
  std::string name_;
  SystemClock clock_;
  Nanos next_{};
  Progress line_;
};

}  // namespace

Result<std::unique_ptr<Web>> Web::create(const Places& places) {
  auto client = net::Client::create(net::client_options(process_environment()));
  if (!client) return tl::unexpected(client.error());
  return std::unique_ptr<Web>(new Web(std::move(*client), places.downloads()));
}

Result<std::optional<std::string>> Web::find(const std::string& url, std::uint64_t max_bytes) {
  net::Request request{url, max_bytes};
  request.headers = {{"Cache-Control", "no-cache"}};
  request.timeout = kSmallFile;
  auto answer = client_.fetch(request);
  if (!answer) return tl::unexpected(answer.error());
  const auto good = net::check_status(*answer);
  if (good) return std::move(answer->body);
  if (good.error().code == ErrorCode::not_found) return std::optional<std::string>();
  return tl::unexpected(good.error());
}

Result<std::string> Web::download(const std::string& url, std::uint64_t max_bytes) {
  ProgressOf progress(url);
  net::Request request{url, max_bytes};
  request.timeout = kLargeFile;
  request.progress = [&](std::uint64_t received, std::uint64_t total) {
    progress(received, total);
  };
  auto answer = net::download(client_, request, downloads_);
  if (!answer) return tl::unexpected(answer.error());
  if (auto good = net::check_status(*answer); !good) return tl::unexpected(good.error());
  return std::move(answer->body);
}

}  // namespace midimon::cli
