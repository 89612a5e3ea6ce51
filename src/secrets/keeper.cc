#include "secrets/keeper.h"

#include <utility>

namespace midimon::secrets {
namespace {

Error busy() {
  return {ErrorCode::busy, "Too many plugins ask for secrets at the same time."};
}
Error gone() {
  return {ErrorCode::busy, "midimon is going."};
}

}  // namespace

Keeper::Keeper(std::unique_ptr<Store> store)
    : store_(std::move(store)), worker_(kMaxQueued, [] {}) {}

void Keeper::read(Owner owner, std::string name, Read done) {
  const auto shared = std::make_shared<Read>(std::move(done));
  const bool queued =
      worker_.post([this, owner = std::move(owner), name = std::move(name), shared](bool closing) {
        (*shared)(closing ? tl::unexpected(gone()) : store_->get(owner, name));
      });
  if (!queued) (*shared)(tl::unexpected(busy()));
}

void Keeper::store(Owner owner, std::string name, Secret secret, Stored done) {
  const auto kept = std::make_shared<Secret>(std::move(secret));  // a job can be copied
  const auto shared = std::make_shared<Stored>(std::move(done));
  const bool queued = worker_.post([this, owner = std::move(owner), name = std::move(name), kept,
                                    shared](bool closing) {
    if (closing) return (*shared)(tl::unexpected(gone()));
    if (kept->value.size() > 0) return (*shared)(store_->set(owner, name, *kept));
    const auto there = store_->get(owner, name);
    if (!there) return (*shared)(tl::unexpected(there.error()));
    if (*there && (*there)->kind != kept->kind) {
      return (*shared)(fail(ErrorCode::denied, "The user stored it; a plugin cannot remove it."));
    }
    const auto removed = store_->remove(owner, name);
    (*shared)(removed ? Result<void>() : tl::unexpected(removed.error()));
  });
  if (!queued) (*shared)(tl::unexpected(busy()));
}

}  // namespace midimon::secrets
