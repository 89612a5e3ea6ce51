// What reading and writing archives with libarchive have in common.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <memory>
#include <string>

#include "base/text.h"
#include "midimon/result.h"

namespace midimon::data {

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using ArchiveEntry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

// libarchive converts names from and to the locale of the thread, and in the "C" locale of a
// program that never asked for another it has no word for "é". While this lives the thread's is
// UTF-8.
class Utf8Names {
 public:
  Utf8Names() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8Names() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

  // Error: the system has no such locale.
  [[nodiscard]] Result<void> check() const {
    if (utf8_ != nullptr) return {};
    return fail(ErrorCode::unsupported,
                "This system has no locale C.UTF-8, without which names in tar files cannot be "
                "read or written. It comes with the C library.");
  }

 private:
  locale_t utf8_;
  locale_t before_ = nullptr;
};

// What libarchive says went wrong, made safe to show; ends with a dot.
[[nodiscard]] inline std::string reason_of(archive* source) {
  const char* text = archive_error_string(source);
  return escape_line(text != nullptr ? text : "no reason given") + ".";
}

}  // namespace midimon::data
