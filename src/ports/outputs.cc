#include "ports/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "ports/inputs.h"

namespace midimon {

Result<void> Outputs::connect() {
  forget_if_dead();
  if (own_) return {};
  Error why{ErrorCode::not_found,
            "There are no MIDI ports here: neither a JACK server nor ALSA's sequencer runs."};
  for (const PortApi api : usable_apis()) {
    if (options_.api && *options_.api != api) continue;
    auto port = RtOutput::create(api, options_.own_name);
    if (port) {
      if (auto opened = port->open_virtual("out"); !opened) return opened;
      api_ = api;
      own_.emplace(std::move(*port));
      return {};
    }
    why = port.error();
  }
  return tl::unexpected(std::move(why));
}

void Outputs::forget_if_dead() {
  if (!own_ || !own_->is_dead()) return;
  open_.clear();
  own_.reset();
  names_.clear();
}

// Finds out which ports there are, unless that is known well enough; those that went away are
// forgotten.
Result<void> Outputs::look(bool now) {
  const Nanos time = clock_.monotonic();
  if (!now && time - looked_ < kLookAgain) return {};
  auto names = own_->targets();
  if (!names) return tl::unexpected(names.error());
  names_ = std::move(*names);
  looked_ = time;
  std::erase_if(open_, [&](const auto& open) {
    return std::find(names_.begin(), names_.end(), open.first) == names_.end();
  });
  return {};
}

// The names of the ports that are meant.
Result<std::vector<std::string>> Outputs::match(std::string_view port) {
  if (auto connected = connect(); !connected) return tl::unexpected(connected.error());
  if (port == options_.own_name) return std::vector<std::string>{options_.own_name};
  const std::vector<std::string> patterns =
      port.empty() ? options_.controllers : std::vector<std::string>{std::string(port)};
  const auto is_meant = [&](const std::string& name) {
    return matches_port(name, patterns) && !name.starts_with(options_.own_name + ":");
  };
  if (auto looked = look(false); !looked) return tl::unexpected(looked.error());
  if (std::none_of(names_.begin(), names_.end(), is_meant)) {
    // It may have come just now.
    if (auto looked = look(true); !looked) return tl::unexpected(looked.error());
  }
  std::vector<std::string> out;
  for (const std::string& name : names_) {
    if (is_meant(name)) out.push_back(name);
  }
  if (!out.empty()) return out;
  return fail(
      ErrorCode::not_found,
      fmt::format(
          "No MIDI output has {} in its name; there {}.",
          port.empty() ? "the name of the controller" : fmt::format("\"{}\"", escape_line(port)),
          names_.empty() ? "is none" : fmt::format("are {}", fmt::join(names_, ", "))));
}

// One that match() has found.
Result<RtOutput*> Outputs::open(const std::string& name) {
  if (name == options_.own_name) return &*own_;
  auto found = open_.find(name);
  // It may have gone and come back since something was sent to it.
  if (found != open_.end() && !found->second.is_connected()) {
    open_.erase(found);
    found = open_.end();
  }
  if (found == open_.end()) {
    auto opened = RtOutput::create(api_, options_.own_name);
    if (!opened) return tl::unexpected(opened.error());
    if (auto to = opened->open(name); !to) return tl::unexpected(to.error());
    found = open_.emplace(name, std::move(*opened)).first;
  }
  return &found->second;
}

// To those of these ports that are there. One that cannot be sent to keeps nothing from the others.
Result<void> Outputs::send_each(std::span<const std::string> names,
                                std::span<const std::vector<std::uint8_t>> messages) {
  std::vector<std::string> failed;
  std::optional<Error> first;
  for (const std::string& name : names) {
    auto sent = send_to_one(name, messages);
    if (sent) continue;
    failed.push_back(escape_line(name));
    if (!first) first = std::move(sent.error());
  }
  if (!first) return {};
  if (names.size() == 1) return tl::unexpected(std::move(*first));
  return fail(first->code,
              fmt::format("{} of {} MIDI outputs were not reached ({}): {}", failed.size(),
                          names.size(), fmt::join(failed, ", "), first->message));
}

Result<void> Outputs::send_to_one(const std::string& name,
                                  std::span<const std::vector<std::uint8_t>> messages) {
  const auto output = open(name);
  if (!output) return tl::unexpected(output.error());
  for (const std::vector<std::uint8_t>& message : messages) {
    if (auto sent = (*output)->send(message); !sent) return sent;
  }
  return {};
}

Result<std::vector<std::string>> Outputs::names_of(std::string_view port) {
  const std::scoped_lock lock(mutex_);
  return match(port);
}

Result<void> Outputs::send_to(std::span<const std::string> names,
                              std::span<const std::vector<std::uint8_t>> messages) {
  const std::scoped_lock lock(mutex_);
  if (auto connected = connect(); !connected) return tl::unexpected(connected.error());
  if (auto looked = look(false); !looked) return looked;
  std::vector<std::string> there;
  std::copy_if(names.begin(), names.end(), std::back_inserter(there), [&](const auto& name) {
    return name == options_.own_name ||
           std::find(names_.begin(), names_.end(), name) != names_.end();
  });
  return send_each(there, messages);
}

Result<void> Outputs::send(std::string_view port, std::span<const std::uint8_t> message) {
  const std::scoped_lock lock(mutex_);
  const auto names = match(port);
  if (!names) return tl::unexpected(names.error());
  const std::array messages = {std::vector<std::uint8_t>(message.begin(), message.end())};
  return send_each(*names, messages);
}

// MIDI 1.0, table 3: controllers 123 (all notes off) and 120 (all sound off).
Result<void> Outputs::silence() {
  const std::scoped_lock lock(mutex_);
  forget_if_dead();
  Result<void> result;
  const auto quiet = [&](RtOutput& output) {
    for (std::uint8_t channel = 0; channel < 16; ++channel) {
      for (const std::uint8_t controller : {std::uint8_t{123}, std::uint8_t{120}}) {
        const std::array<std::uint8_t, 3> message = {static_cast<std::uint8_t>(0xB0 | channel),
                                                     controller, 0};
        if (auto sent = output.send(message); !sent) result = sent;
      }
    }
  };
  if (own_) quiet(*own_);
  for (auto& [name, output] : open_)
    quiet(output);
  return result;
}

void Outputs::set_controllers(std::vector<std::string> patterns) {
  const std::scoped_lock lock(mutex_);
  options_.controllers = std::move(patterns);
}

Result<std::vector<std::string>> Outputs::targets() {
  const std::scoped_lock lock(mutex_);
  if (auto connected = connect(); !connected) return tl::unexpected(connected.error());
  return own_->targets();
}

}  // namespace midimon
