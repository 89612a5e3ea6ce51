#include "wasi/context.h"

#include "wasi/abi.h"

namespace midimon::wasi {
namespace {

Descriptor input_descriptor(InputStream* stream) {
  Descriptor descriptor;
  descriptor.input = stream;
  descriptor.readable = true;
  return descriptor;
}

Descriptor output_descriptor(OutputStream* stream) {
  Descriptor descriptor;
  descriptor.output = stream;
  descriptor.writable = true;
  return descriptor;
}

}  // namespace

Context::Context(ContextOptions options)
    : options_(std::move(options)), fds_(options_.max_open_files) {
  fds_.add(input_descriptor(options_.input));
  fds_.add(output_descriptor(options_.output));
  fds_.add(output_descriptor(options_.error));
  if (options_.preopens == nullptr) return;
  for (const Preopen& preopen : *options_.preopens) {
    Descriptor descriptor;
    descriptor.directory = preopen.directory;
    descriptor.preopen = &preopen.guest_path;
    descriptor.readable = true;
    fds_.add(std::move(descriptor));
  }
}

}  // namespace midimon::wasi
