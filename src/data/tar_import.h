// Reads a tar file that anyone may have made into an empty directory.
#pragma once

#include <cstdint>
#include <memory>

#include "midimon/result.h"
#include "vfs/quota.h"
#include "vfs/resolver.h"

namespace midimon::data {

struct Imported {
  vfs::QuotaUsage used;
  std::uint64_t files = 0;
};

// How deep what is imported may lie: a plugin whose tree is deeper is not loaded.
inline constexpr int kMaxDepth = 99;

// Unpacks the tar file that `in` is open on, from where it stands, into `root`, which is empty,
// mode 0700 and nobody else's. Everything is charged to `ledger` before it is made, so that a bomb
// ends at the quota, and at the declared size of a file before its content is read.
//
// Refused, each with the name of the entry: what is no file, directory or symbolic link, hard links
// among them; absolute names and names with ".."; names that are not UTF-8, are longer than a
// plugin's may be or deeper than kMaxDepth; one name twice; a name below something that is no
// directory; links that lead out of `root`; an end that is missing. Owners, setuid bits and
// extended attributes are passed over. After an error part of it may be in `root`.
Result<Imported> import_tar(int in, int root, vfs::ResolverKind resolver,
                            const std::shared_ptr<vfs::Ledger>& ledger);

}  // namespace midimon::data
