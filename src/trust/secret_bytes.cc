#include "trust/secret_bytes.h"

#include <sodium.h>

#include <cstdlib>
#include <utility>

namespace midimon::trust {

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  // Without entropy or memory for a key there is nothing that could be done instead.
  if (::sodium_init() < 0) std::abort();
  data_ = static_cast<unsigned char*>(::sodium_malloc(size));
  if (data_ == nullptr) std::abort();
  ::sodium_memzero(data_, size);
}

SecretBytes::~SecretBytes() {
  ::sodium_free(data_);  // wipes
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void SecretBytes::shrink(std::size_t size) {
  if (size >= size_) return;
  ::sodium_memzero(data_ + size, size_ - size);
  size_ = size;
}

void wipe(std::string& text) {
  ::sodium_memzero(text.data(), text.size());
  text.clear();
}

std::string_view SecretBytes::text() const {
  if (size_ == 0) return {};
  return {reinterpret_cast<const char*>(data_), size_};
}

}  // namespace midimon::trust
