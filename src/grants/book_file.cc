#include "grants/book_file.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include "grants/book_toml.h"
#include "trust/private_file.h"

namespace midimon::grants {
namespace {

Result<GrantBook> parse(const std::optional<std::string>& text, const std::string& path) {
  if (!text) return GrantBook();
  return parse_book(*text, path);
}

}  // namespace

std::string book_path(const Places& places) {
  return places.state + places.separator + "grants.toml";
}

Result<GrantBook> load_book(const std::string& path) {
  const auto directory = trust::find_private_directory(path);
  if (!directory) return tl::unexpected(directory.error());
  if (!directory->valid()) return GrantBook();
  const auto text = trust::read_private_file(*directory, path, kMaxBookBytes);
  if (!text) return tl::unexpected(text.error());
  return parse(*text, path);
}

Result<void> update_book(const std::string& path, const std::string& boot,
                         const std::function<Result<void>(GrantBook&)>& change) {
  return trust::update_private_file(
      path, kMaxBookBytes, [&](const std::optional<std::string>& text) -> Result<std::string> {
        auto book = parse(text, path);
        if (!book) return tl::unexpected(book.error());
        book->drop_outdated(boot);
        if (auto changed = change(*book); !changed) return tl::unexpected(changed.error());
        return to_toml(*book);
      });
}

std::string this_boot() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(in, id);
  const bool known =
      !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
      });
  return known ? id : "";
}

}  // namespace midimon::grants
