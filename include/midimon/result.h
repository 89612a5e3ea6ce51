// How midimon reports what a person or program can act on.
//
// Three vocabularies, each for one place: `Outcome` (outcome.h) says what became of a plugin call,
// `Result<T>` says whether an operation of the library worked, and WASI errno numbers stay inside.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace midimon {

// The kind of an error, for programs. The message is for people.
enum class ErrorCode {
  invalid,      // the input is malformed or contradicts itself
  not_found,    // a file, plugin or action that does not exist
  denied,       // permission, a capability that was not granted, an unsafe file mode
  unsupported,  // valid, but not something this build or machine can do
  limit,        // a configured limit would be exceeded
  busy,         // someone else holds it
  io,           // the operating system said no
  internal,     // a bug in midimon
};

// An error: a code to branch on and one or more sentences that say what happened and what to do.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

// Makes the error branch of a Result: `return fail(ErrorCode::not_found, "no file named x");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace midimon
