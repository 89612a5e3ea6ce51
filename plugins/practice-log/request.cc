#include "request.h"

#include "journal.h"
#include "json_reader.h"

namespace practice_log {
namespace {

bool read_params(JsonReader& reader, Request& request) {
  std::string key;
  if (!reader.begin_object()) return false;
  while (reader.next_key(key)) {
    std::int64_t note = 0;
    if (key == "note") {
      request.has_note = true;
      if (reader.integer(note)) {
        request.note = note;
        continue;
      }
    } else if (key == "name") {
      request.has_name = true;
      if (reader.string(request.name)) continue;
    }
    if (!reader.skip()) return false;
  }
  return true;
}

bool read_context(JsonReader& reader, Request& request) {
  std::string key;
  if (!reader.begin_object()) return false;
  while (reader.next_key(key)) {
    std::int64_t value = 0;
    if (key == "velocity" && reader.integer(value)) {
      if (value >= 0 && value <= 127) request.velocity = static_cast<int>(value);
    } else if (key == "timestamp" && reader.integer(value)) {
      if (value > 0 && value <= kMaxCount) request.timestamp_ms = value;
    } else if (!reader.skip()) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<Request> parse_request(std::string_view text) {
  JsonReader reader(text);
  Request request;
  std::string key;
  if (!reader.begin_object()) return {};
  while (reader.next_key(key)) {
    bool good = false;
    if (key == "action") {
      good = reader.string(request.action);
    } else if (key == "params") {
      good = read_params(reader, request);
    } else if (key == "context") {
      good = read_context(reader, request);
    } else {
      good = reader.skip();
    }
    if (!good) return {};
  }
  if (!reader.finished() || request.action.empty()) return {};
  return request;
}

}  // namespace practice_log
