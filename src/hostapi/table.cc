#include "hostapi/table.h"

#include <vector>

#include "hostapi/rows.h"

namespace midimon::hostapi {

wasm::ImportModule import_module() {
  static const std::vector<wasm::HostFunction> table = [] {
    std::vector<wasm::HostFunction> joined;
    for (const Rows rows : {
             core_rows(),
             exec_rows(),
             http_rows(),
             websocket_rows(),
             desktop_rows(),
             input_rows(),
             midi_rows(),
             secrets_rows(),
             settings_rows(),
         }) {
      joined.insert(joined.end(), rows.begin(), rows.end());
    }
    return joined;
  }();
  return {"midimon", table};
}

}  // namespace midimon::hostapi
