// The Replacement class is a directory that is filled unseen, beside another, and then takes its
// place in one step.
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "midimon/result.h"
#include "vfs/resolver.h"

namespace midimon::data {

// Whoever uses one holds the lock of the directory `name`.
class Replacement {
 public:
  // Makes an empty directory of mode 0700 in `parent` that is to become its `name`. What an earlier
  // one left behind when it was killed is removed first. Both arguments by reference outlive this.
  static Result<Replacement> begin(int parent, const std::string& name,
                                   const vfs::Resolver& resolver);
  // What stands aside goes: the new directory, or after commit() the one it replaced.
  ~Replacement();
  Replacement(Replacement&&) = default;
  Replacement& operator=(Replacement&&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }

  // Brings it to the disk and puts it in the place of `name`, which may be there or not: at every
  // instant there is the old one or the new one, whole. Error: the old one is as it was.
  Result<void> commit();

  // After commit(): removes what was replaced. Error: some of it is left, out of sight.
  Result<void> remove_replaced();

 private:
  Replacement(int parent, std::string name, const vfs::Resolver& resolver, UniqueFd fd)
      : parent_(parent), name_(std::move(name)), resolver_(&resolver), fd_(std::move(fd)) {}

  int parent_;
  std::string name_;
  const vfs::Resolver* resolver_;
  UniqueFd fd_;
};

// Takes the directory `name` of `parent` out of sight in one step and then removes it, and what an
// earlier Replacement or removal left of it. Where there is nothing that is no error.
Result<void> remove_directory(int parent, const std::string& name, const vfs::Resolver& resolver);

}  // namespace midimon::data
