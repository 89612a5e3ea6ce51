// embed-runtime PLUGIN.wasm ACTION: loads a plugin with libmidimon, calls it, and says what became
// of it. All that a program needs to run plugins of its own in the sandbox.
#include <midimon/plugin.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: embed-runtime PLUGIN.wasm ACTION\n";
    return 2;
  }
  auto runtime =
      midimon::Runtime::create({.log = [](int, std::string_view source, std::string_view line) {
        std::cerr << source << ": " << line << '\n';
      }});
  if (!runtime) {
    std::cerr << runtime.error().message << '\n';
    return 2;
  }

  midimon::WasmConfig config;
  config.capabilities.push_back({midimon::CapabilityKind::filesystem, {}, {}});
  config.max_execution_time = std::chrono::milliseconds(200);
  auto plugin = midimon::WasmPlugin::load(**runtime, std::filesystem::path(argv[1]), config);
  if (!plugin) {
    std::cerr << plugin.error().message << '\n';
    return 2;
  }

  plugin->prepare();  // now, so that the call pays for nothing but itself
  const midimon::CallResult result = plugin->execute({.action = argv[2], .velocity = 100});
  std::cout << plugin->metadata().name << ": " << to_string(result.outcome) << ", "
            << result.fuel_used << " fuel\n"
            << result.output_json << '\n';
  if (!result.message.empty()) std::cerr << result.message << '\n';
  return result.outcome == midimon::Outcome::ok ? 0 : 1;
}
