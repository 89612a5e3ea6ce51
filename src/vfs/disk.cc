#include "vfs/disk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "vfs/disk_directory.h"
#include "vfs/kernel_stat.h"

namespace midimon::vfs {

ErrnoOr<std::unique_ptr<Directory>> open_disk(UniqueFd directory, const DiskOptions& options) {
  return open_disk(std::move(directory), make_resolver(options.resolver), options.owner_only);
}

ErrnoOr<std::unique_ptr<Directory>> open_disk(UniqueFd directory,
                                              std::unique_ptr<Resolver> resolver, bool owner_only) {
  const auto kind = fd_kind(directory.get());
  if (!kind) return err(kind.error());
  if (!S_ISDIR(kind->mode)) return err(Errno::notdir);
  auto tree = std::make_shared<DiskTree>();
  tree->resolver = std::move(resolver);
  tree->owner_only = owner_only;
  return std::make_unique<DiskDirectory>(std::move(tree), std::move(directory));
}

ErrnoOr<std::unique_ptr<Directory>> open_disk(const char* host_path, const DiskOptions& options) {
  UniqueFd fd(::open(host_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return err(last_errno());
  return open_disk(std::move(fd), options);
}

}  // namespace midimon::vfs
