// The floor under a plugin call: the same guest through the engine's C API and nothing else, with
// fuel and epochs on and the pool configured as midimon has it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace midimon::bench {

class Floor {
 public:
  explicit Floor(std::span<const std::byte> wasm);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  // Compiles the module and drops it.
  void compile();
  // Makes a module from what serialize() gave, and drops it.
  void deserialize();
  // Makes a store and an instance in it, with fuel and a deadline set.
  void instantiate();
  // alloc, execute, dealloc in the instance.
  void call();
  // Deletes the store.
  void drop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace midimon::bench
