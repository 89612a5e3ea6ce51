// Reads the params of an action: a TOML table that becomes JSON, with places for values of the
// event.
#pragma once

#include <optional>

#include "mapping/params_template.h"
#include "toml/toml_table.h"

namespace midimon {

// Reads key "params" of `table`, which may be missing: then they are {}. Nothing, and a problem, if
// it is no table; where a part of it cannot be read there is a problem, too.
[[nodiscard]] std::optional<ParamsTemplate> read_params(TomlTable& table, const Curves& curves);

}  // namespace midimon
