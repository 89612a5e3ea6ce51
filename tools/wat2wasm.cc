// wat2wasm IN.wat OUT.wasm: WebAssembly's text format to binary, for the guests of the tests.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "wasm/module.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: wat2wasm IN.wat OUT.wasm\n";
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto wasm = midimon::wasm::wat_to_wasm(text);
  if (!in || !wasm) {
    std::cerr << argv[1] << ": " << (in ? wasm.error().message : "cannot be read") << "\n";
    return 1;
  }
  std::ofstream out(argv[2], std::ios::binary);
  out.write(reinterpret_cast<const char*>(wasm->data()),
            static_cast<std::streamsize>(wasm->size()));
  return out.good() ? 0 : 1;
}
