// MIDIMON_API marks what libmidimon offers to programs that link it.
#pragma once

#define MIDIMON_API __attribute__((visibility("default")))
