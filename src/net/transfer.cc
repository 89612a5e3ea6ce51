#include "net/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "base/units.h"
#include "net/header.h"

namespace midimon::net {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64UL * 1024;  // of all headers that a server sends
constexpr std::size_t kMaxErrorBody = 64UL * 1024;    // of what is not the file; the rest is left
constexpr int kPollMilliseconds = 100;
// How much before a deadline libcurl may find that it has passed, as it counts in milliseconds.
constexpr Nanos kTimerSlack = std::chrono::milliseconds(50);

long milliseconds(Nanos nanos) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(nanos).count());
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool is_header(const Header& header) {
  return !header.name.empty() && !header.value.empty() && is_printable(header.value) &&
         is_printable(header.name) && header.name.find_first_of(" :;") == std::string::npos;
}

bool is_whole(const Answer& answer) {
  return answer.status == 200 || answer.status == 206;
}

std::uint64_t content_length(const Answer& answer) {
  const std::string text = answer.header("content-length").value_or("");
  std::uint64_t length = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
  return read.ec == std::errc::result_out_of_range ? UINT64_MAX : length;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

bool is_redirect(const Answer& answer) {
  const int status = answer.status;
  return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
         answer.header("location");
}

Result<Answer> Transfer::run(CURLM* multi, const Url& url, const std::vector<Header>& headers,
                             Nanos due) {
  easy_.reset(curl_easy_init());
  if (auto done = set_headers(headers); !done) return tl::unexpected(done.error());
  set_up(url);
  set_trust(url);
  const Nanos left = std::max<Nanos>(due - SystemClock().monotonic(), std::chrono::milliseconds(1));
  curl_easy_setopt(easy_.get(), CURLOPT_TIMEOUT_MS, milliseconds(left));
  answer_.url = url.text();
  CURLcode code = perform(multi);
  if (code == CURLE_OK && !begun_) {  // there was no body
    stopped_ = begin();
    if (!stopped_) code = CURLE_ABORTED_BY_CALLBACK;
  }
  if (code != CURLE_OK && !enough_) return explain(code, url, due);
  return std::move(answer_);
}

void Transfer::set_up(const Url& url) {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url.text().c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, url.is_secure() ? "https" : "http");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "midimon");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (request_.method == Method::head) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options_.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowest);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, milliseconds(options_.stall_timeout) / 1000);
  // SIGPIPE is kept away by libcurl itself, unless CURLOPT_NOSIGNAL is set.
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
}

// Whom we believe, and through whom we go.
void Transfer::set_trust(const Url& url) {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const bool proxied = url.is_secure() && !url.is_loopback();
  // An empty string, unlike none, keeps libcurl from asking the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, proxied ? options_.proxy.c_str() : "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, options_.no_proxy.c_str());
  if (ca_.empty()) return;
  curl_blob blob{const_cast<char*>(ca_.data()), ca_.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO_BLOB, &blob);
}

Result<void> Transfer::set_headers(const std::vector<Header>& headers) {
  for (const Header& header : headers) {
    if (!is_header(header)) {
      return fail(ErrorCode::invalid,
                  fmt::format("\"{}\" cannot be sent as a header: its name or value has characters "
                              "that do not belong there.",
                              escape_line(header.name)));
    }
    list_.reset(curl_slist_append(list_.release(), (header.name + ": " + header.value).c_str()));
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, list_.get());
  return {};
}

CURLcode Transfer::perform(CURLM* multi) {
  curl_multi_add_handle(multi, easy_.get());
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  int running = 1;
  while (running != 0 && !cancelled()) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    if (running != 0) curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi, easy_.get());
  return code;
}

std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.stopped_ = transfer.take_header({bytes, size * count});
  return transfer.stopped_ ? size * count : 0;
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.stopped_ = transfer.take_body({bytes, size * count});
  return transfer.stopped_ && !transfer.enough_ ? size * count : 0;
}

Result<void> Transfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    return fail(ErrorCode::limit,
                fmt::format("{} sends more than {} of headers, and no file. Is it the right URL?",
                            answer_.url, format_bytes(kMaxHeaderBytes)));
  }
  if (begun_) return {};  // behind the body there may be more, which nobody asked for
  if (line.starts_with("HTTP/")) answer_.headers.clear();  // those before were provisional
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.starts_with("HTTP/")) return {};
  Header header{to_lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))};
  if (header.name == "transfer-encoding" && !is_agreed_coding(header.value)) {
    return fail(ErrorCode::io,
                fmt::format("{} sends the file in a coding that nobody asked for.", answer_.url));
  }
  answer_.headers.push_back(std::move(header));
  return {};
}

// The headers are complete.
Result<void> Transfer::begin() {
  begun_ = true;
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  if (is_redirect(answer_)) {
    enough_ = true;
    return {};
  }
  if (request_.method == Method::get && is_whole(answer_)) {
    expected_ = content_length(answer_);
    if (auto checked = check_size(expected_, request_.max_bytes, answer_.url); !checked) {
      return checked;
    }
  }
  return sink_.begin(answer_);
}

Result<void> Transfer::take_body(std::string_view bytes) {
  if (!begun_) {
    if (auto begun = begin(); !begun || enough_) return begun;
  }
  received_ += bytes.size();
  if (!is_whole(answer_) && received_ > kMaxErrorBody) {
    enough_ = true;
    return {};
  }
  // What was announced is no promise.
  if (auto checked = check_size(received_, request_.max_bytes, answer_.url); !checked) {
    return checked;
  }
  if (auto taken = sink_.take(bytes); !taken) return taken;
  if (request_.progress) request_.progress(received_, expected_);
  return {};
}

bool Transfer::cancelled() const {
  return options_.cancel != nullptr && options_.cancel->load();
}

tl::unexpected<Error> Transfer::explain(CURLcode code, const Url& url, Nanos due) const {
  if (!stopped_) return tl::unexpected(stopped_.error());
  if (cancelled()) return fail(ErrorCode::io, fmt::format("{} was interrupted.", url.shown()));
  const std::string where = fmt::format("{}:{}", url.host(), url.port());
  const std::string reason =
      escape_line(detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(code));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return fail(ErrorCode::io,
                  fmt::format("There is no host {}, or the network cannot be reached. Check the "
                              "spelling of {} and your connection.",
                              url.host(), url.shown()));
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return fail(ErrorCode::io,
                  fmt::format("{} cannot be reached: {}. Try again later.", where, reason));
    case CURLE_PEER_FAILED_VERIFICATION:
      return fail(ErrorCode::denied,
                  fmt::format("Nothing was fetched from {}: its certificate does not hold ({}). If "
                              "a company's or your own authority signed it, name that one's "
                              "certificate in MIDIMON_CA_FILE.",
                              where, reason));
    case CURLE_OPERATION_TIMEDOUT:
      return fail(ErrorCode::io,
                  SystemClock().monotonic() + kTimerSlack >= due
                      ? fmt::format("{} took longer than {}. Try again later.", url.shown(),
                                    format_duration(request_.timeout))
                      : fmt::format("{} does not answer, or too slowly. Try again later.", where));
    case CURLE_SSL_CONNECT_ERROR:
      return fail(ErrorCode::io,
                  fmt::format("There is no secure connection to {}: {}.", where, reason));
    default:
      return fail(ErrorCode::io, fmt::format("Fetching {} broke off after {}: {}. Try again.",
                                             url.shown(), format_bytes(received_), reason));
  }
}

}  // namespace midimon::net
