#include "net/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "base/units.h"
#include "net/connections.h"
#include "net/header.h"

namespace midimon::net {
namespace {

constexpr std::size_t kMaxBuffered = 256UL * 1024;  // of a body that nobody reads yet

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

struct Exchange::Impl {
  Impl(Connections::Impl& the_connections, ExchangeRequest the_request)
      : connections(the_connections),
        request(std::move(the_request)),
        line(connections, request.url, request.any_address) {}
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void set_up();
  void set_headers();
  void stop();
  bool advance(const Until& until);
  CURLcode drive(const Until& until);
  [[nodiscard]] tl::unexpected<Error> explain(const Until& until) const;

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  bool take_header(std::string_view text);

  Connections::Impl& connections;
  ExchangeRequest request;
  Line line;
  std::unique_ptr<curl_slist, FreeList> list;
  bool added = false;
  bool head_done = false;
  bool paused = false;
  std::optional<CURLcode> ended;
  std::optional<Error> refused;  // by us
  Answer answer;
  std::size_t head_bytes = 0;
  std::uint64_t received = 0;
  std::string buffer;     // of the body
  std::size_t taken = 0;  // of the buffer
};

void Exchange::Impl::set_up() {
  CURL* const easy = line.easy();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Impl::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Impl::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  const std::string& method = request.method;
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (method != "HEAD") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  set_headers();
}

void Exchange::Impl::set_headers() {
  const auto add = [&](const std::string& text) {
    list.reset(curl_slist_append(list.release(), text.c_str()));
  };
  bool has_type = false;
  for (const Header& header : request.headers) {
    has_type = has_type || to_lower(header.name) == "content-type";
    // An empty one is spelled so; "name:" would take one away.
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  if (!has_type) add("Content-Type:");
  add("Expect:");
  curl_easy_setopt(line.easy(), CURLOPT_HTTPHEADER, list.get());
}

void Exchange::Impl::stop() {
  if (added) curl_multi_remove_handle(connections.multi.get(), line.easy());
  added = false;
}

// False once `until` is over.
bool Exchange::Impl::advance(const Until& until) {
  if (!connections.advance(until)) return false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(connections.multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* owner = nullptr;  // which may be another exchange
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    if (owner != nullptr) reinterpret_cast<Impl*>(owner)->ended = message->data.result;
  }
  return true;
}

// Begins from the start; until the head is there.
CURLcode Exchange::Impl::drive(const Until& until) {
  stop();
  ended.reset();
  curl_multi_add_handle(connections.multi.get(), line.easy());
  added = true;
  while (true) {
    if (!advance(until)) return CURLE_ABORTED_BY_CALLBACK;
    if (refused) return CURLE_WRITE_ERROR;
    if (ended && *ended != CURLE_OK) return *ended;
    if (head_done) return CURLE_OK;
    if (ended) return CURLE_GOT_NOTHING;
    connections.wait(until);
  }
}

tl::unexpected<Error> Exchange::Impl::explain(const Until& until) const {
  if (refused) return tl::unexpected(*refused);
  return line.explain(ended.value_or(CURLE_OK), until);
}

std::size_t Exchange::Impl::on_header(char* bytes, std::size_t size, std::size_t count,
                                      void* self) {
  return static_cast<Impl*>(self)->take_header({bytes, size * count}) ? size * count : 0;
}

bool Exchange::Impl::take_header(std::string_view text) {
  head_bytes += text.size();
  if (head_bytes > kMaxExchangeHead) {
    refused =
        Error{ErrorCode::limit, fmt::format("The head of the response of {} is larger than "
                                            "{}.",
                                            request.url.shown(), format_bytes(kMaxExchangeHead))};
    return false;
  }
  if (head_done) return true;  // trailers
  if (text.starts_with("HTTP/")) {
    answer.headers.clear();  // those before were provisional
    return true;
  }
  const std::string_view line_text = trim(text);
  if (line_text.empty()) {
    long status = 0;
    curl_easy_getinfo(line.easy(), CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    head_done = status >= 200;
    return true;
  }
  const std::size_t colon = line_text.find(':');
  if (colon == std::string_view::npos) return true;
  Header header{to_lower(line_text.substr(0, colon)),
                std::string(trim(line_text.substr(colon + 1)))};
  if (header.name == "transfer-encoding" && !is_agreed_coding(header.value)) {
    refused = Error{ErrorCode::io, fmt::format("{} sends its response in a coding that nobody "
                                               "asked for.",
                                               request.url.shown())};
    return false;
  }
  answer.headers.push_back(std::move(header));
  return true;
}

std::size_t Exchange::Impl::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Impl*>(self);
  const std::size_t length = size * count;
  if (exchange.buffer.size() - exchange.taken >= kMaxBuffered) {
    exchange.paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  exchange.received += length;
  if (exchange.received > kMaxExchangeBody) {
    exchange.refused = Error{ErrorCode::limit, fmt::format("The response of {} is larger than {}.",
                                                           exchange.request.url.shown(),
                                                           format_bytes(kMaxExchangeBody))};
    return 0;
  }
  if (exchange.taken > 0) {
    exchange.buffer.erase(0, exchange.taken);
    exchange.taken = 0;
  }
  exchange.buffer.append(bytes, length);
  return length;
}

Exchange::Exchange(Connections& connections, ExchangeRequest request)
    : impl_(std::make_unique<Impl>(connections.impl(), std::move(request))) {
  impl_->answer.url = impl_->request.url.text();
}
Exchange::~Exchange() = default;

Result<void> Exchange::begin(const Until& until) {
  Impl& self = *impl_;
  self.set_up();
  const auto code = self.line.run([&](const Until& mine) { return self.drive(mine); }, until);
  if (!code) return tl::unexpected(code.error());
  if (*code == CURLE_OK) return {};
  self.ended = *code;
  return self.explain(until);
}

const Answer& Exchange::head() const {
  return impl_->answer;
}

Result<std::size_t> Exchange::read(char* bytes, std::size_t size, const Until& until) {
  Impl& self = *impl_;
  while (true) {
    const std::size_t there = self.buffer.size() - self.taken;
    if (there > 0 || size == 0) {
      const std::size_t count = std::min(size, there);
      std::memcpy(bytes, self.buffer.data() + self.taken, count);
      self.taken += count;
      return count;
    }
    if (self.refused || (self.ended && *self.ended != CURLE_OK)) return self.explain(until);
    if (self.ended) return 0;
    if (self.paused) {
      self.paused = false;
      curl_easy_pause(self.line.easy(), CURLPAUSE_CONT);
    } else {
      self.connections.wait(until);
    }
    if (!self.advance(until)) return self.explain(until);
  }
}

}  // namespace midimon::net
