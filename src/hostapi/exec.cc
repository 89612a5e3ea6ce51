#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/bounded_json.h"
#include "base/places.h"
#include "base/text.h"
#include "grants/file_rule.h"
#include "hostapi/blocking.h"
#include "hostapi/context.h"
#include "hostapi/guest.h"
#include "hostapi/open_things.h"
#include "hostapi/rows.h"
#include "process/runner.h"

namespace midimon::hostapi {
namespace {

constexpr std::size_t kMaxRequest = 64UL * 1024;
constexpr std::size_t kMaxInput = 1024UL * 1024;
constexpr std::size_t kMaxWords = 65;  // a program and as many arguments as a grant may name
constexpr int kMaxDepth = 3;
constexpr std::uint32_t kMaxTimeoutMs = 24U * 60 * 60 * 1000;

struct ExecRequest {
  std::vector<std::string> argv;
  std::optional<std::uint32_t> timeout_ms;
};

Result<std::vector<std::string>> read_argv(const nlohmann::json& list) {
  if (!list.is_array() || list.empty() || list.size() > kMaxWords) {
    return fail(ErrorCode::invalid, "\"argv\" is a program and at most 64 arguments.");
  }
  std::vector<std::string> argv;
  for (const nlohmann::json& word : list) {
    if (!word.is_string()) return fail(ErrorCode::invalid, "A word of \"argv\" is no text.");
    argv.push_back(word.get<std::string>());
    if (argv.back().find('\0') != std::string::npos) {
      return fail(ErrorCode::invalid, "A word of \"argv\" has a NUL in it, where it would end.");
    }
  }
  if (!grants::is_plain_path(argv.front()) || argv.front() == "/") {
    return fail(ErrorCode::invalid,
                "The program is an absolute path without . and .., such as /usr/bin/playerctl.");
  }
  return argv;
}

Result<ExecRequest> parse_request(std::string_view text) {
  const auto json = parse_bounded_json(text, kMaxDepth);
  if (!json || !json->is_object() || !json->contains("argv")) {
    return fail(ErrorCode::invalid, "The request is not a JSON object with an \"argv\".");
  }
  ExecRequest request;
  for (const auto& [key, value] : json->items()) {
    if (key == "argv") {
      auto argv = read_argv(value);
      if (!argv) return tl::unexpected(argv.error());
      request.argv = std::move(*argv);
    } else if (key == "timeout_ms") {
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMaxTimeoutMs) {
        return fail(ErrorCode::invalid, "\"timeout_ms\" is a whole number, a day at most.");
      }
      request.timeout_ms = value.get<std::uint32_t>();
    } else {
      return fail(ErrorCode::invalid,
                  fmt::format("A request has no \"{}\".", escape_line(key.substr(0, 64))));
    }
  }
  return request;
}

// Exactly this command and no other, as a rule.
grants::CommandRule rule_of(const std::vector<std::string>& argv) {
  grants::CommandRule rule{argv.front(), {}, false};
  for (std::size_t i = 1; i < argv.size(); ++i)
    rule.args.push_back({argv[i], false});
  return rule;
}

std::string summary_of(const RunResult& result) {
  nlohmann::json json = {{"status", nullptr},
                         {"signal", nullptr},
                         {"timed_out", result.timed_out},
                         {"stdout_truncated", result.out_truncated},
                         {"stderr_truncated", result.err_truncated}};
  if (result.status) json["status"] = *result.status;
  if (result.signal) json["signal"] = *result.signal;
  return json.dump();
}

tl::expected<std::unique_ptr<EndedProgram>, Answer> run(Context& context, HostCall& call,
                                                        ExecRequest request, std::string input) {
  if (!context.allows(rule_of(request.argv))) return tl::unexpected(Answer::not_granted);
  StandIn* const stand_in = context.services().stand_in;
  if (context.services().programs == nullptr && stand_in == nullptr) {
    return tl::unexpected(
        context.explain(Answer::unavailable, "This host runs no programs for plugins."));
  }
  const Until until = until_of(context, call);
  RunRequest wanted{std::move(request.argv), std::move(input),
                    clean_environment(process_environment()),
                    until_of(context, call, request.timeout_ms).deadline};
  auto result = stand_in != nullptr ? stand_in->run(wanted)
                                    : context.services().programs->run(std::move(wanted), until);
  if (!result) {
    Error error = result.error();
    // That a file is not fit to be run is no lack of a grant.
    if (error.code == ErrorCode::denied || error.code == ErrorCode::invalid) {
      error.code = ErrorCode::io;
    }
    return tl::unexpected(failed(context, call, until, error));
  }
  // Its last moment and the call's may be the same one.
  if (until.is_over()) {
    return tl::unexpected(failed(context, call, until, {ErrorCode::io, "The call's time is up."}));
  }
  call.budget.charge((result->out.size() + result->err.size()) / kBytesPerFuel);
  auto ended = std::make_unique<EndedProgram>();
  ended->summary = summary_of(*result);
  ended->result = std::move(*result);
  return ended;
}

// exec(request, request_length, stdin, stdin_length, handle*): runs a program, and returns once it
// has ended.
Answer exec(Context& context, HostCall& call, std::uint32_t request, std::uint32_t request_length,
            std::uint32_t input, std::uint32_t input_length, std::uint32_t handle) {
  const auto json = read_text(call, request, request_length, kMaxRequest);
  if (!json) return json.error();
  const auto bytes = read_bytes(call, input, input_length, kMaxInput);
  if (!bytes) return bytes.error();
  if (!call.memory.holds<std::uint32_t>(handle)) return Answer::bad_text;
  auto parsed = parse_request(*json);
  if (!parsed) return context.explain(Answer::invalid, parsed.error().message);
  if (!context.open().programs.has_room()) return Answer::too_many;
  auto ended = run(context, call, std::move(*parsed), std::string(*bytes));
  if (!ended) return ended.error();
  call.memory.store(handle, *context.open().programs.add(std::move(*ended)));
  return Answer::ok;
}

// exec_result(handle, buffer, capacity, length*): how it ended, as JSON.
Answer exec_result(Context& context, HostCall& call, std::uint32_t handle, std::uint32_t buffer,
                   std::uint32_t capacity, std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  const EndedProgram* const program = context.open().programs.find(handle);
  if (program == nullptr) return Answer::not_found;
  return write_whole(call, out, program->summary);
}

// exec_read(handle, stream, buffer, capacity, length*): the next piece of what it printed; stream 1
// is its stdout, 2 its stderr. 0 bytes at the end.
Answer exec_read(Context& context, HostCall& call, std::uint32_t handle, std::uint32_t stream,
                 std::uint32_t buffer, std::uint32_t capacity, std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  EndedProgram* const program = context.open().programs.find(handle);
  if (program == nullptr) return Answer::not_found;
  if (stream != 1 && stream != 2) {
    return context.explain(Answer::invalid, "A stream is 1, stdout, or 2, stderr.");
  }
  const std::string& text = stream == 1 ? program->result.out : program->result.err;
  std::size_t& taken = stream == 1 ? program->out : program->err;
  const std::string_view rest = std::string_view(text).substr(taken);
  if (capacity == 0 && !rest.empty()) {
    call.memory.store(length, std::uint32_t{1});
    return Answer::too_small;
  }
  const std::string_view piece = rest.substr(0, capacity);
  taken += piece.size();
  return write_whole(call, out, piece);
}

// exec_close(handle)
Answer exec_close(Context& context, HostCall& call, std::uint32_t handle) {
  charge(call);
  return context.open().programs.take(handle) == nullptr ? Answer::not_found : Answer::ok;
}

constexpr wasm::HostFunction kRows[] = {
    host_function<exec>("exec"),
    host_function<exec_result>("exec_result"),
    host_function<exec_read>("exec_read"),
    host_function<exec_close>("exec_close"),
};

}  // namespace

Rows exec_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
