#include "data/replacement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/errno.h"
#include "data/tree.h"

namespace midimon::data {
namespace {

// Begins with a dot, as no plugin's id does.
std::string name_aside(const std::string& name) {
  return ".aside-" + name;
}

tl::unexpected<Error> cannot(std::string_view what, const std::string& name) {
  return fail(ErrorCode::io,
              fmt::format("Cannot {} {} ({}).", what, name, to_string(last_errno())));
}

}  // namespace

Result<Replacement> Replacement::begin(int parent, const std::string& name,
                                       const vfs::Resolver& resolver) {
  const std::string aside = name_aside(name);
  if (auto removed = remove_tree(parent, aside, resolver); !removed) {
    return tl::unexpected(removed.error());
  }
  if (::mkdirat(parent, aside.c_str(), 0700) != 0) return cannot("make", aside);
  auto fd = resolver.open(parent, aside.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  if (!fd) return fail(ErrorCode::io, fmt::format("Cannot open {}.", aside));
  if (::fchmod(fd->get(), 0700) != 0) return cannot("set the mode of", aside);
  return Replacement(parent, name, resolver, std::move(*fd));
}

Replacement::~Replacement() {
  // What cannot be removed now is removed before the next one begins.
  if (fd_.valid()) (void)remove_tree(parent_, name_aside(name_), *resolver_);
}

Result<void> Replacement::commit() {
  const std::string aside = name_aside(name_);
  if (::syncfs(fd_.get()) != 0) return cannot("write", aside);
  const auto rename = [&](unsigned how) {
    return ::renameat2(parent_, aside.c_str(), parent_, name_.c_str(), how) == 0;
  };
  if (!rename(RENAME_NOREPLACE)) {
    if (errno != EEXIST) return cannot("put in its place", aside);
    if (!rename(RENAME_EXCHANGE)) return cannot("exchange for the new one", name_);
  }
  (void)::fsync(parent_);  // it is there; whether it outlives a loss of power is all that this adds
  return {};
}

Result<void> Replacement::remove_replaced() {
  return remove_tree(parent_, name_aside(name_), *resolver_);
}

Result<void> remove_directory(int parent, const std::string& name, const vfs::Resolver& resolver) {
  const std::string aside = name_aside(name);
  if (auto removed = remove_tree(parent, aside, resolver); !removed) return removed;
  if (::renameat2(parent, name.c_str(), parent, aside.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == ENOENT) return {};
    return cannot("take away", name);
  }
  (void)::fsync(parent);
  return remove_tree(parent, aside, resolver);
}

}  // namespace midimon::data
