#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace practice_log {

// The JsonReader class reads JSON from left to right, strictly, without building a tree:
//   if (!reader.begin_object()) ...
//   while (reader.next_key(key)) { if (key == "note" && reader.integer(note)) ...; else
//   reader.skip(); } if (!reader.finished()) ...
// It keeps a view of the text, which must live longer.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  // Enters what stands here; false, without moving, if it is something else.
  bool begin_object() { return begin('{'); }
  bool begin_array() { return begin('['); }
  // Goes to the next value of the object or array entered last; false at its end, or for good if
  // the text is wrong there.
  bool next_key(std::string& key);
  bool next_item() { return next(']'); }

  // Read the value that stands here; false, without moving, if it is something else. An integer
  // has no fraction, no exponent and at most 18 digits.
  bool integer(std::int64_t& value);
  bool string(std::string& value);
  // Passes over the value that stands here, whatever it is; false for good if it is no value.
  bool skip() { return skip_nested(0); }

  // Whether all of the text was read and right.
  bool finished();

 private:
  bool begin(char bracket);
  bool next(char bracket);
  bool skip_nested(int depth);
  bool skip_number();
  bool escape(std::string& value);
  bool code_unit(std::uint32_t& unit);
  bool take(std::string_view word);
  void blanks();
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool wrong() {
    wrong_ = true;
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = false;  // nothing of the innermost object or array was read yet
  bool wrong_ = false;
};

}  // namespace practice_log
