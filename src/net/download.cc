#include "net/download.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "net/partial.h"

namespace midimon::net {
namespace {

constexpr int kAttempts = 5;
constexpr int kRangeNotSatisfiable = 416;

// What may be named in If-Range (RFC 9110, 13.1.5): a strong ETag, else a date.
std::string validator_of(const Answer& answer) {
  std::string etag = answer.header("etag").value_or("");
  if (etag.starts_with('"')) return etag;
  return etag.empty() ? answer.header("last-modified").value_or("") : "";
}

// Where a part begins and how long the whole is, of "bytes 100-199/200"; 0: it does not say.
struct PartOf {
  std::uint64_t first = 0;
  std::uint64_t total = 0;
};

std::optional<PartOf> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return {};
  text.remove_prefix(kUnit.size());
  PartOf part;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, part.first);
  const std::size_t slash = text.find('/');
  if (first.ec != std::errc() || slash == std::string_view::npos) return {};
  if (text.substr(slash) == "/*") return part;
  const auto total = std::from_chars(text.data() + slash + 1, end, part.total);
  if (total.ec != std::errc() || total.ptr != end) return {};
  return part;
}

// Puts a body into the partial file, behind what is there if that is what the server sends.
class PartialSink final : public BodySink {
 public:
  PartialSink(Partial& partial, const Request& request) : partial_(partial), request_(request) {}

  Result<void> begin(const Answer& answer) override {
    is_file_ = answer.status == 200 || answer.status == 206;
    if (answer.status == 200) {
      before_ = 0;
      return partial_.restart(validator_of(answer));
    }
    return is_file_ ? go_on(answer) : Result<void>();
  }

  Result<void> take(std::string_view bytes) override {
    if (!is_file_) {
      error_body_ += bytes;
      return {};
    }
    const std::uint64_t size = partial_.size() + bytes.size();
    if (auto checked = check_size(size, request_.max_bytes, request_.url); !checked) {
      return checked;
    }
    return partial_.append(bytes);
  }

  [[nodiscard]] std::uint64_t before() const { return before_; }
  // The server sent something else than the rest of what is there.
  [[nodiscard]] bool mixed() const { return mixed_; }
  // Of an answer that is not the file.
  [[nodiscard]] std::string& error_body() { return error_body_; }
  // Whether nothing is missing, as far as the server said how much there is.
  [[nodiscard]] bool complete() const { return total_ == 0 || partial_.size() == total_; }

 private:
  Result<void> go_on(const Answer& answer) {
    const auto part = parse_content_range(answer.header("content-range").value_or(""));
    const std::string validator = validator_of(answer);
    const bool asked = partial_.size() > 0;
    if (!asked || !part || part->first != partial_.size() ||
        (!validator.empty() && validator != partial_.validator())) {
      mixed_ = true;
      return broken();
    }
    total_ = part->total;
    return {};
  }
  [[nodiscard]] tl::unexpected<Error> broken() const {
    return fail(ErrorCode::io,
                fmt::format("The server of {} sends something else than the rest of it. Try again "
                            "later, or tell who runs it.",
                            without_query(request_.url)));
  }

  Partial& partial_;
  const Request& request_;
  std::uint64_t before_ = partial_.size();
  std::uint64_t total_ = 0;
  std::string error_body_;
  bool is_file_ = false;
  bool mixed_ = false;
};

class Download {
 public:
  Download(Client& client, const Request& request, Partial partial)
      : client_(client), request_(request), partial_(std::move(partial)) {}

  Result<Answer> run() {
    for (int attempts_left = kAttempts;;) {
      --attempts_left;
      const std::uint64_t before = partial_.size();
      PartialSink sink(partial_, request_);
      auto answer = client_.fetch(rest(sink), sink);
      if (answer && (answer->status == 200 || answer->status == 206)) return finish(*answer, sink);
      const bool useless = sink.mixed() || (answer && answer->status == kRangeNotSatisfiable);
      if (useless && before > 0 && attempts_left > 0) {
        if (auto done = partial_.restart(""); !done) return give_up(done.error());
        continue;
      }
      if (answer) {
        if (partial_.size() == 0) partial_.discard();
        answer->body = std::move(sink.error_body());
        return answer;
      }
      const bool came_further = partial_.size() > before && is_kept(answer.error());
      const bool in_time = SystemClock().monotonic() < due_;
      if (!came_further || !in_time || client_.cancelled() || attempts_left == 0) {
        return give_up(answer.error());
      }
    }
  }

 private:
  // What to ask for now that some of it is there, in the time that is left.
  [[nodiscard]] Request rest(const PartialSink& sink) const {
    Request rest = request_;
    rest.method = Method::get;
    rest.timeout = due_ - SystemClock().monotonic();
    if (partial_.size() > 0) {
      rest.headers.push_back({"Range", fmt::format("bytes={}-", partial_.size())});
      rest.headers.push_back({"If-Range", partial_.validator()});
    }
    if (request_.progress) {
      rest.progress = [this, &sink](std::uint64_t received, std::uint64_t total) {
        request_.progress(sink.before() + received, total == 0 ? 0 : sink.before() + total);
      };
    }
    return rest;
  }

  Result<Answer> finish(Answer& answer, const PartialSink& sink) {
    if (!sink.complete()) {
      return give_up({ErrorCode::io,
                      fmt::format("{} is not complete. Try again.", without_query(request_.url))});
    }
    auto body = partial_.take();
    if (!body) return tl::unexpected(body.error());
    answer.status = 200;
    answer.body = std::move(*body);
    return std::move(answer);
  }

  [[nodiscard]] bool is_kept(const Error& error) const {
    return error.code == ErrorCode::io && partial_.size() > 0 && !partial_.validator().empty();
  }

  // What is kept, and what is said of it, when there is no going on now.
  [[nodiscard]] tl::unexpected<Error> give_up(Error error) {
    if (is_kept(error)) {
      error.message += " What is there is kept: the same command goes on with it.";
    } else {
      partial_.discard();
    }
    return tl::unexpected(std::move(error));
  }

  Client& client_;
  const Request& request_;
  Partial partial_;
  Nanos due_ = SystemClock().monotonic() + request_.timeout;
};

}  // namespace

Result<Answer> download(Client& client, const Request& request, const std::string& directory) {
  auto partial = Partial::open(directory, request.url);
  if (!partial) return tl::unexpected(partial.error());
  return Download(client, request, std::move(*partial)).run();
}

}  // namespace midimon::net
