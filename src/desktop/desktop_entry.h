// Finds installed applications, as their desktop files describe them (freedesktop.org's Desktop
// Entry Specification).
#pragma once

#include <string_view>

#include "base/places.h"
#include "mapping/system_action.h"
#include "midimon/result.h"

namespace midimon {

// How the application is started, without files for it. `id` is one of is_application_id(): the
// name of its desktop file, with or without .desktop; a - may stand for a directory. Looks in the
// directories `applications` of XDG_DATA_HOME and XDG_DATA_DIRS of `environment`; the first file
// counts.
//
// Reads files, which may take its time. Errors, as phrases: not_found, there is none, or its user
// has removed it; unsupported, it wants a terminal, or is started by D-Bus alone; invalid, its file
// is not what it should be; io, the file cannot be read.
[[nodiscard]] Result<LaunchRequest> find_application(std::string_view id,
                                                     const Environment& environment);

}  // namespace midimon
