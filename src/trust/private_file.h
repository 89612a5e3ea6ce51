// Files that only their owner may write: read with a check of that, and written whole or not at
// all.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "midimon/result.h"
#include "trust/secret_bytes.h"

namespace midimon::trust {

// An error that begins "Cannot WHAT PATH: ", for the value of errno `error`.
[[nodiscard]] tl::unexpected<Error> cannot(std::string_view what, const std::string& path,
                                           int error);

// The directory that holds `path`, made with mode 0700 if it is not there. Refused: one that others
// may write to, or that belongs to another user.
Result<UniqueFd> open_private_directory(const std::string& path);
// The same, and nothing is made: not valid if it is not there.
Result<UniqueFd> find_private_directory(const std::string& path);

// Of the files of a directory that is open, `path` gives the name, and is what errors call them.

// The text of a file in `directory`, nothing if there is none.
// Refused: a link of either kind, what is no file, what others may write to, what belongs to
// another user, more than `max_bytes`, what grows while it is read.
Result<std::optional<std::string>> read_private_file(const UniqueFd& directory,
                                                     const std::string& path,
                                                     std::size_t max_bytes);

// Puts `bytes` in the place of `path`, with `mode` whatever the umask: a reader sees the old file
// or the new one, and a crash leaves one of them.
Result<void> replace_file(const std::string& path, std::span<const unsigned char> bytes,
                          mode_t mode);
// The same in `directory`.
Result<void> replace_file(const UniqueFd& directory, const std::string& path,
                          std::span<const unsigned char> bytes, mode_t mode);

// Reads the file (of at most `max_bytes`, as read_private_file() does), lets `change` make its new
// text of the old one (nothing, if there is no file), and replaces it. Nothing is written if that
// fails or answers the same text. Both texts are overwritten at the end, as they may be secret.
// Waits while another process does the same in this directory.
Result<void> update_private_file(
    const std::string& path, std::size_t max_bytes,
    const std::function<Result<std::string>(const std::optional<std::string>&)>& change);

// Makes `path` and fails with `busy` if there is anything under that name.
Result<void> create_file(const std::string& path, std::span<const unsigned char> bytes,
                         mode_t mode);
// The same in `directory`, which the caller syncs.
Result<void> create_file(const UniqueFd& directory, const std::string& path,
                         std::span<const unsigned char> bytes, mode_t mode);

// The bytes of a file that holds a secret, in memory for secrets. May be a pipe; a file that others
// may read is refused.
Result<SecretBytes> read_secret_file(const std::string& path, std::size_t max_bytes);

}  // namespace midimon::trust
