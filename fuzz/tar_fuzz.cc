// import_tar: whatever the bytes are, what comes of them lies within the directory and its quota,
// no link of it leads out, and it can be written and read again; or an error that a terminal can
// show.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "data/links.h"
#include "data/tar_export.h"
#include "data/tar_import.h"
#include "data/tree.h"
#include "fuzz/check.h"
#include "vfs/disk.h"
#include "vfs/test_support.h"

namespace midimon::data {
namespace {

using fuzz::check;
constexpr vfs::QuotaUsage kAllowed{64UL * 1024, 12};
constexpr std::size_t kBlock = 512;
constexpr std::size_t kSumAt = 148;  // of a header: eight characters, blanks while it is summed up

// Gives every block that is a header the checksum that it ought to have: a change at random would
// not get past it otherwise.
std::string with_checksums(std::string text) {
  for (std::size_t at = 0; at + kBlock <= text.size(); at += kBlock) {
    if (text.compare(at + 257, 5, "ustar") != 0) continue;
    text.replace(at + kSumAt, 8, 8, ' ');
    unsigned sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
      sum += static_cast<unsigned char>(text[at + i]);
    char digits[8];
    std::snprintf(digits, sizeof digits, "%06o", sum);
    text.replace(at + kSumAt, 7, digits, 7);
  }
  return text;
}

UniqueFd in_memory(const std::string& text) {
  UniqueFd fd(::memfd_create("tar", MFD_CLOEXEC));
  check(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
            ::lseek(fd.get(), 0, SEEK_SET) == 0,
        "there is memory for a file");
  return fd;
}

// A directory in a directory, so that what is made beside it shows.
class Target {
 public:
  Target() { std::filesystem::create_directory(temp_ / "root"); }

  [[nodiscard]] UniqueFd open() const {
    return UniqueFd(::open((temp_ / "root").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  Result<Imported> import(int in) const {
    vfs::QuotaOptions options;
    options.allowed = kAllowed;
    return import_tar(in, open().get(), vfs::ResolverKind::openat2,
                      std::make_shared<vfs::Ledger>(options));
  }
  void check_bounds() const {
    const auto names = std::filesystem::directory_iterator(temp_.path());
    check(std::distance(names, {}) == 1, "nothing is made beside the directory");
    const auto disk = vfs::open_disk((temp_ / "root").c_str(), {});
    const auto used = vfs::scan_usage(**disk);
    check(used.has_value(), "what was made can be counted");
    check(used->bytes <= kAllowed.bytes && used->entries <= kAllowed.entries, "the quota holds");
  }
  void check_links() const {
    const UniqueFd root = open();
    const auto resolver = vfs::make_openat2_resolver();
    const auto walked = walk(root.get(), *resolver, [&](const Item& item) -> Result<void> {
      check(!S_ISLNK(item.info.st_mode) ||
                !leads_outside(root.get(), std::string(item.path), *resolver),
            "no link leads out");
      return {};
    });
    check(walked.has_value(), "what was taken can be walked");
  }

 private:
  vfs::TempDir temp_;
};

void check_round_trip(const Target& taken, const Imported& imported) {
  const UniqueFd out(::memfd_create("tar", MFD_CLOEXEC));
  const auto exported = export_tar(taken.open().get(), *vfs::make_openat2_resolver(), out.get());
  check(exported && exported->left_out_count == 0, "what was taken can be written");
  check(::lseek(out.get(), 0, SEEK_SET) == 0, "a file can be read from its start");
  const Target again;
  const auto second = again.import(out.get());
  check(second && second->used == imported.used, "what was written is taken again");
}

}  // namespace
}  // namespace midimon::data

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon::data;  // NOLINT(google-build-using-namespace)
  const auto in = in_memory(with_checksums({reinterpret_cast<const char*>(data), size}));
  const Target target;
  const auto imported = target.import(in.get());
  target.check_bounds();
  if (imported) {
    target.check_links();
    check_round_trip(target, *imported);
  } else {
    midimon::fuzz::check(midimon::fuzz::is_safe_to_show(imported.error().message),
                         "a refusal can be shown");
  }
  return 0;
}
