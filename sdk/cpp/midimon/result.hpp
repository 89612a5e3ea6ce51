// The Status and Result classes say how things went: of an action, and of one host function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "host_api.hpp"

namespace midimon {

// What the host's functions answer, as in docs/abi.md.
enum class Answer : std::uint32_t {
  ok = 0,
  bad_text = 1,      // not UTF-8
  too_large = 2,     // more than the function takes
  not_granted = 3,   // the user has not allowed it
  invalid = 4,       // not the value that it should be
  failed = 5,        // tried, and it went wrong
  not_found = 6,     // no such handle, no such secret
  timed_out = 7,     // it took too long
  closed = 8,        // the other side has closed the connection
  too_small = 9,     // never seen: buffers grow by themselves
  unavailable = 10,  // this machine or host offers no such thing
  too_many = 11,     // handles are open
};

// The Status class is how a call of the plugin ends: well, or with a sentence for the person who
// pressed the pad.
class [[nodiscard]] Status {
 public:
  Status() = default;  // it went well
  Status(std::int32_t code, std::string error) : code_(code), error_(std::move(error)) {}

  explicit operator bool() const { return code_ == 0; }
  [[nodiscard]] std::int32_t code() const { return code_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  std::int32_t code_ = 0;
  std::string error_;
};

inline Status ok() {
  return {};
}
// The action failed. A code of 4 or more is the plugin's own.
inline Status failed(std::string sentence) {
  return {3, std::move(sentence)};
}
inline Status failed(std::int32_t code, std::string sentence) {
  return {code < 3 ? 3 : code, std::move(sentence)};
}

struct Nothing {};

// The Result class is a value, or the host's answer with a sentence that says why there is none.
template <typename T = Nothing>
class [[nodiscard]] Result {
 public:
  Result() = default;
  Result(T value) : value_(std::move(value)) {}  // NOLINT: meant to convert
  Result(Answer answer, std::string why) : answer_(answer), why_(std::move(why)) {}
  // The same failure of another type.
  template <typename U>
  static Result from(const Result<U>& other) {
    return {other.answer(), other.why()};
  }

  explicit operator bool() const { return answer_ == Answer::ok; }
  [[nodiscard]] Answer answer() const { return answer_; }
  [[nodiscard]] const std::string& why() const { return why_; }

  T& operator*() { return value_; }
  const T& operator*() const { return value_; }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }
  [[nodiscard]] T value_or(T fallback) const { return *this ? value_ : std::move(fallback); }

  // Ends the call with it: `if (!sent) return sent.status();`
  [[nodiscard]] Status status() const { return *this ? ok() : failed(why_); }

 private:
  Answer answer_ = Answer::ok;
  std::string why_;
  T value_{};
};

namespace detail {

inline std::uint32_t size32(std::string_view text) {
  return static_cast<std::uint32_t>(text.size());
}

// Calls `host(buffer, capacity, length*)` with a buffer that grows until it is large enough.
// `text` holds what was written, unless the answer is another than 0.
template <typename Host>
std::uint32_t read_whole(std::string& text, std::size_t first_size, Host host) {
  text.resize(first_size);
  for (;;) {
    std::uint32_t length = 0;
    const std::uint32_t answer =
        host(text.data(), static_cast<std::uint32_t>(text.size()), &length);
    const bool larger = answer == MIDIMON_TOO_SMALL && length > text.size();
    text.resize(answer == 0 || larger ? length : 0);
    if (!larger) return answer;
  }
}

// Why the last host function answered `answer`.
inline std::string reason(Answer answer) {
  switch (answer) {
    case Answer::ok:
      return {};
    case Answer::bad_text:
      return "What the plugin gave midimon is not UTF-8.";
    case Answer::too_large:
      return "The plugin gave midimon more than it takes.";
    case Answer::not_found:
      return "There is no such thing.";
    case Answer::closed:
      return "The other side has closed the connection.";
    case Answer::too_small:
      return "The buffer is too small.";
    case Answer::too_many:
      return "The plugin has too many things open.";
    case Answer::not_granted:
    case Answer::invalid:
    case Answer::failed:
    case Answer::timed_out:
    case Answer::unavailable:
      break;
  }
  std::string text;
  read_whole(text, 256, midimon_last_error);
  if (!text.empty()) return text;
  return answer == Answer::not_granted ? "The plugin was not allowed to do that."
                                       : "It went wrong.";
}

inline Result<> result(std::uint32_t answer) {
  const auto which = static_cast<Answer>(answer);
  return {which, reason(which)};
}

// As result(), with the value if it went well.
template <typename T>
Result<T> result(std::uint32_t answer, T value) {
  if (answer == 0) return value;
  const auto which = static_cast<Answer>(answer);
  return {which, reason(which)};
}

}  // namespace detail
}  // namespace midimon
