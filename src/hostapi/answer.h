// What the functions of the "midimon" module answer; docs/abi.md has the same list.
#pragma once

#include <cstdint>

namespace midimon::hostapi {

enum class Answer : std::uint32_t {
  ok = 0,
  bad_text = 1,      // not inside memory, not aligned, not UTF-8
  too_large = 2,     // the guest gave too much
  not_granted = 3,   // last_error says what
  invalid = 4,       // not the JSON or the value that it should be; last_error says why
  failed = 5,        // tried, and it went wrong; last_error says why
  not_found = 6,     // no such handle, no such secret
  timed_out = 7,     // last_error says what took so long
  closed = 8,        // the other side has closed the connection
  too_small = 9,     // the buffer: *length says how much is needed, and nothing is lost
  unavailable = 10,  // this machine or host offers no such thing; last_error says what is missing
  too_many = 11,     // handles that are open
};

}  // namespace midimon::hostapi
