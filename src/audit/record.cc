#include "audit/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "audit/escape.h"
#include "audit/rfc3339.h"

namespace midimon::audit {
namespace {

constexpr std::string_view kBeforeHash = ",\"hash\":\"";
constexpr std::string_view kAfterHash = "\"}";
constexpr std::size_t kHashDigits = 2 * std::tuple_size_v<Hash>;
constexpr std::size_t kTail = kBeforeHash.size() + kHashDigits + kAfterHash.size();
constexpr std::string_view kSeq = "{\"seq\":";

// The numbers of an event, by the name of their member.
template <typename T>
struct Number {
  std::string_view name;
  std::uint64_t T::*member;
};

template <typename T>
constexpr std::array kNumbers = {
    Number<T>{"size", &T::size},
    Number<T>{"bytes_read", &T::bytes_read},
    Number<T>{"bytes_written", &T::bytes_written},
    Number<T>{"fuel", &T::fuel},
    Number<T>{"duration_ns", &T::duration},
    Number<T>{"memory_peak", &T::memory_peak},
    Number<T>{"used", &T::used},
    Number<T>{"allowed", &T::allowed},
    Number<T>{"count", &T::count},
};

struct Text {
  std::string_view name;
  std::string Record::*member;
};
constexpr std::array kTexts = {
    Text{"plugin", &Record::plugin}, Text{"version", &Record::version},
    Text{"mount", &Record::mount},   Text{"path", &Record::path},
    Text{"target", &Record::target}, Text{"detail", &Record::detail},
};

void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{}", name, value);
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out.append(",\"").append(name).append("\":\"");
  append_escaped(out, text);
  out += '"';
}

void append_joined(std::string& out, std::string_view name, std::string_view directory,
                   std::string_view path) {
  if (directory.empty() || path.empty()) {
    append_member(out, name, directory.empty() ? path : directory);
    return;
  }
  out.append(",\"").append(name).append("\":\"");
  append_escaped(out, directory);
  out += '/';
  append_escaped(out, path);
  out += '"';
}

std::optional<Errno> errno_of(std::string_view name) {
  constexpr int kLast = static_cast<int>(Errno::notcapable);
  for (int number = 0; number <= kLast; ++number) {
    if (to_string(static_cast<Errno>(number)) == name) return static_cast<Errno>(number);
  }
  return {};
}

tl::unexpected<Error> malformed(std::string_view why) {
  return fail(ErrorCode::invalid, fmt::format("it is not a record: {}", why));
}

// Takes the members of a flat object one by one.
class Members {
 public:
  explicit Members(std::string_view line) : rest_(line) {}

  bool begin() { return take('{'); }
  [[nodiscard]] bool at_end() const { return rest_ == "}"; }

  // The name of the next member; none where there is none as it should be.
  std::optional<std::string_view> name(bool first) {
    if (!first && !take(',')) return {};
    const auto name = quoted();
    if (!name || !take(':')) return {};
    return name;
  }
  // What stands between the quotes, escapes and all.
  std::optional<std::string_view> quoted() {
    if (!take('"')) return {};
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        const std::string_view text = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return text;
      }
    }
    return {};
  }
  std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return {};
    if (rest_.front() == '0' && end != rest_.data() + 1) return {};
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  bool boolean() {
    for (const std::string_view word : {"true", "false"}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return true;
    }
    return false;
  }
  [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  bool take(char c) {
    if (next() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view rest_;
};

// A member whose text has a meaning of its own. False: it is not right.
bool read_meaning(Record& record, std::string_view name, const std::string& text) {
  if (name == "time") {
    const auto time = parse_time(text);
    record.time = time.value_or(Nanos{});
    return time && text.size() == kTimeLength;
  }
  if (name == "event") {
    const auto kind = event_kind(text);
    record.kind = kind.value_or(EventKind::open);
    return kind.has_value();
  }
  if (name == "result") {
    const auto result = errno_of(text);
    record.result = result.value_or(Errno::io);
    return result.has_value();
  }
  if (name == "previous" || name == "hash") {
    const auto hash = from_hex(text);
    if (name == "hash") {
      record.hash = hash.value_or(Hash{});
    } else if (record.start) {
      record.start->previous = hash.value_or(Hash{});
    }
    return hash && (name == "hash" || record.start);
  }
  return true;
}

bool read_text(Record& record, std::string_view name, std::string_view escaped) {
  std::optional<std::string> text = unescape(escaped);
  if (!text || !read_meaning(record, name, *text)) return false;
  for (const Text& known : kTexts) {
    if (known.name == name) record.*known.member = std::move(*text);
  }
  return true;
}

void read_number(Record& record, std::string_view name, std::uint64_t value) {
  if (name == "seq") record.seq = value;
  if (name == "file") record.start = FileStart{value, {}};
  for (const auto& known : kNumbers<Record>) {
    if (known.name == name) record.*known.member = value;
  }
}

// One value. False: it is not right.
bool read_value(Record& record, Members& members, std::string_view name) {
  if (members.next() == '"') {
    const auto text = members.quoted();
    return text && read_text(record, name, *text);
  }
  if (members.next() >= '0' && members.next() <= '9') {
    const auto number = members.number();
    if (number) read_number(record, name, *number);
    return number.has_value();
  }
  if (name == "cut") record.cut = members.next() == 't';
  return members.boolean();
}

}  // namespace

void append_text(std::string& out, std::uint64_t seq, const std::optional<FileStart>& start,
                 const Event& event) {
  out.append(kSeq).append(fmt::format_int(seq).c_str());
  out.append(",\"time\":\"").append(format_time(event.time));
  out.append("\",\"event\":\"").append(to_string(event.kind)).append("\"");
  if (start) {
    append_number(out, "file", start->file);
    append_member(out, "previous", to_hex(start->previous));
  }
  append_member(out, "plugin", event.plugin);
  append_member(out, "version", event.version);
  append_member(out, "mount", event.mount);
  append_joined(out, "path", event.directory, event.path);
  append_joined(out, "target", event.target_directory, event.target);
  if (event.result != Errno::success) append_member(out, "result", to_string(event.result));
  append_member(out, "detail", event.detail);
  for (const auto& number : kNumbers<Event>) {
    const std::uint64_t value = event.*number.member;
    if (value != 0) append_number(out, number.name, value);
  }
  if (event.cut) out += ",\"cut\":true";
}

void append_hash(std::string& out, const Hash& hash) {
  out.append(kBeforeHash).append(to_hex(hash)).append(kAfterHash).append("\n");
}

std::optional<SplitLine> split_line(std::string_view line) {
  if (line.size() < kTail) return {};
  const std::string_view tail = line.substr(line.size() - kTail);
  if (!tail.starts_with(kBeforeHash) || !tail.ends_with(kAfterHash)) return {};
  const auto hash = from_hex(tail.substr(kBeforeHash.size(), kHashDigits));
  if (!hash) return {};
  return SplitLine{line.substr(0, line.size() - kTail), *hash};
}

Result<Record> parse_line(std::string_view line) {
  if (line.size() > kMaxLine) return malformed("it is too long");
  if (!split_line(line)) return malformed("it does not end with a hash");
  if (!seq_of(line)) return malformed("it does not begin with a number");
  Members members(line);
  Record record;
  if (!members.begin()) return malformed("its JSON is broken");
  bool first = true;
  bool kind = false;
  while (!members.at_end()) {
    const auto name = members.name(first);
    if (!name || !unescape(*name)) return malformed("its JSON is broken");
    if (!read_value(record, members, *name)) {
      return malformed(fmt::format("the value of \"{}\" is not one", shown_name(*name)));
    }
    kind = kind || *name == "event";
    first = false;
  }
  if (!kind) return malformed("it has no event");
  return record;
}

std::optional<std::uint64_t> seq_of(std::string_view text) {
  if (!text.starts_with(kSeq)) return {};
  text.remove_prefix(kSeq.size());
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (error != std::errc() || end == text.data() + text.size() || *end != ',') return {};
  return seq;
}

}  // namespace midimon::audit
