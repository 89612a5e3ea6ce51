// The SecretBytes class owns memory for secrets: locked where the system lets us, between guard
// pages, and wiped when it goes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace midimon::trust {

class SecretBytes {
 public:
  // `size` bytes, all 0.
  explicit SecretBytes(std::size_t size = 0);
  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  [[nodiscard]] unsigned char* data() { return data_; }
  [[nodiscard]] const unsigned char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Forgets all from `size` on, which is at most what it was.
  void shrink(std::size_t size);

  [[nodiscard]] std::span<unsigned char> span() { return {data_, size_}; }
  [[nodiscard]] std::span<const unsigned char> span() const { return {data_, size_}; }
  // Valid as long as this is.
  [[nodiscard]] std::string_view text() const;

 private:
  unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Overwrites a text that was secret.
void wipe(std::string& text);

}  // namespace midimon::trust
