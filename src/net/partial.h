// The Partial class is the beginning of a file from the web, kept on the disk until the rest comes.
//
// One file in a private directory: a few lines that say what it is the beginning of, then its
// bytes. What it says is believed only as far as the server agrees, and the bytes only as far as
// whoever reads them checks; at worst a download starts again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "midimon/result.h"

namespace midimon::net {

class Partial {
 public:
  // Opens or makes the one for `url` in `directory`, which is made with mode 0700, and clears away
  // those that nobody went on with for a week. Error: busy, another process fetches the same;
  // denied, the directory or the file is not ours alone.
  static Result<Partial> open(const std::string& directory, const std::string& url);

  // How many bytes of the file are there; 0 if there is nothing to go on with.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // What the server called these bytes: an ETag or a date, for If-Range.
  [[nodiscard]] const std::string& validator() const { return validator_; }

  // From the beginning, with what the server calls the bytes now (empty: it has no name for them,
  // and nothing is kept for another time).
  Result<void> restart(const std::string& validator);
  Result<void> append(std::string_view bytes);
  // All of it, read once, and nothing is kept.
  Result<std::string> take();
  // Nothing is kept.
  void discard();

 private:
  Partial(UniqueFd directory, UniqueFd file, std::string name, std::string path, std::string url)
      : directory_(std::move(directory)),
        file_(std::move(file)),
        name_(std::move(name)),
        path_(std::move(path)),
        url_(std::move(url)) {}
  Result<void> read_start();

  UniqueFd directory_;
  UniqueFd file_;  // locked
  std::string name_;
  std::string path_;
  std::string url_;
  std::string validator_;
  std::uint64_t start_ = 0;  // where the bytes begin
  std::uint64_t size_ = 0;
};

}  // namespace midimon::net
