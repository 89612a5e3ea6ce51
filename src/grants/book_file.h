// grants.toml on disk: safe to read, and changed by one process at a time.
#pragma once

#include <functional>
#include <string>

#include "base/places.h"
#include "grants/book.h"
#include "midimon/result.h"

namespace midimon::grants {

[[nodiscard]] std::string book_path(const Places& places);

// An empty book if there is no file. Errors: what read_private_file() and parse_book() refuse.
Result<GrantBook> load_book(const std::string& path);

// Reads the file, lets `change` do its part, and writes the file if that worked and changed
// anything. Waits while another process does the same. `boot` is what this_boot() says: grants of
// earlier ones go.
Result<void> update_book(const std::string& path, const std::string& boot,
                         const std::function<Result<void>(GrantBook&)>& change);

// The id of this start of the machine; empty where the kernel does not tell.
[[nodiscard]] std::string this_boot();

}  // namespace midimon::grants
