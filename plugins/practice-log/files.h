// The plugin's directory: whole files read, replaced and appended to, with messages for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace practice_log {

enum class ReadStatus { ok, missing, too_large, failed };

// Reads a file of at most `limit` bytes. `problem` says what is wrong when the answer is `failed`.
[[nodiscard]] ReadStatus read_file(const char* path, std::size_t limit, std::string& contents,
                                   std::string& problem);

enum class WriteStatus { ok, no_directory, failed };

// Puts `contents` into PATH.tmp and renames it over PATH, so that whoever is killed, PATH is the
// old file or the new one. With `durable` that holds for a power failure, too, and takes a disk's
// time. PATH is as it was if the answer is not `ok`.
[[nodiscard]] WriteStatus replace_file(const std::string& path, std::string_view contents,
                                       bool durable, std::string& problem);

// Removes what calls that were killed while replacing PATH left behind.
void remove_leftovers(const std::string& path);

// Appends `line` to PATH, which is renamed to PATH.1 first if it would grow above `limit` bytes.
[[nodiscard]] bool append_line(const std::string& path, std::string_view line, std::size_t limit,
                               std::string& problem);

[[nodiscard]] bool move_file(const char* from, const char* to, std::string& problem);

// Makes a directory; one that is there already is as good.
[[nodiscard]] bool make_directory(const char* path, std::string& problem);

[[nodiscard]] bool exists(const char* path);

}  // namespace practice_log
