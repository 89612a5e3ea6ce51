#include "ports/inputs.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace midimon {
namespace {

// JACK names a port CLIENT:PORT, and so does ALSA; ours are none that we listen to.
bool is_ours(std::string_view name, std::string_view own) {
  return name.starts_with(own) &&
         (name.size() == own.size() || name[own.size()] == ':' || name[own.size()] == '-');
}

}  // namespace

bool matches_port(std::string_view name, std::span<const std::string> patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    const auto same = [](char a, char b) { return to_lower(a) == to_lower(b); };
    return pattern.empty() || std::search(name.begin(), name.end(), pattern.begin(), pattern.end(),
                                          same) != name.end();
  });
}

Inputs::Inputs(InputOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      choice_(options_.choice),
      thread_([this] { work(); }) {}

Inputs::~Inputs() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Inputs::update(std::vector<std::shared_ptr<InputPort>>& inputs) {
  if (generation_.load(std::memory_order_acquire) == taken_) return false;
  const std::scoped_lock lock(mutex_);
  taken_ = generation_.load(std::memory_order_relaxed);
  inputs = inputs_;
  std::erase_if(inputs_, [](const auto& input) { return input->is_gone(); });
  return true;
}

void Inputs::choose(InputChoice choice) {
  const std::scoped_lock lock(mutex_);
  choice_ = std::move(choice);
  ++choices_;
  numbered_.reset();
  left_.clear();
  look_asked_ = true;
  changed_.notify_all();
}

void Inputs::look_now() {
  std::unique_lock lock(mutex_);
  // The look that may be going on has perhaps begun before what the caller wants it to see.
  const std::uint64_t until = looks_ + 2;
  while (looks_ < until && !stopping_) {
    look_asked_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
}

Inputs::State Inputs::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

void Inputs::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    look_asked_ = false;
    lock.unlock();
    look();
    lock.lock();
    ++looks_;
    changed_.notify_all();
    changed_.wait_for(lock, options_.look_again, [this] { return stopping_ || look_asked_; });
  }
  lock.unlock();
  drop_all();
}

MidiReceiver Inputs::receiver_of(const std::shared_ptr<InputPort>& input) const {
  return [input, this](std::span<const std::uint8_t> message) {
    input->ring().put(clock_.monotonic(), message);
    if (options_.wake) options_.wake();
  };
}

// Our own port: others can connect to it, and through it we see theirs.
bool Inputs::connect_own(PortApi api) {
  auto port = RtInput::create(api, options_.own_name);
  if (!port) return false;
  auto input = std::make_shared<InputPort>(options_.own_name);
  if (!port->open_virtual("in", receiver_of(input))) return false;
  own_.emplace(std::move(*port));
  const std::scoped_lock lock(mutex_);
  state_.api = api;
  inputs_.push_back(std::move(input));
  generation_.fetch_add(1, std::memory_order_release);
  return true;
}

void Inputs::connect(const std::string& name) {
  auto port = RtInput::create(*state_.api, options_.own_name);
  if (!port) return;
  auto input = std::make_shared<InputPort>(name);
  if (!port->open(name, receiver_of(input))) return;
  open_.emplace(name, Open{std::move(*port), input});
  const std::scoped_lock lock(mutex_);
  inputs_.push_back(std::move(input));
  generation_.fetch_add(1, std::memory_order_release);
}

void Inputs::drop_all() {
  open_.clear();
  own_.reset();
  const std::scoped_lock lock(mutex_);
  for (const auto& input : inputs_)
    input->set_gone();
  state_ = {};
  generation_.fetch_add(1, std::memory_order_release);
}

void Inputs::look() {
  if (own_ && own_->is_dead()) {
    drop_all();
    if (options_.wake) options_.wake();
  }
  if (!own_) {
    const auto apis = usable_apis();
    for (const PortApi api : apis) {
      if ((!options_.api || *options_.api == api) && connect_own(api)) break;
    }
    if (!own_) return;
  }
  auto names = own_->sources();
  if (!names) return;
  std::erase_if(*names, [&](const std::string& name) { return is_ours(name, options_.own_name); });
  InputChoice choice;
  std::optional<std::string> numbered;
  std::set<std::string, std::less<>> left;
  std::uint64_t choices = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (choice_.number && !numbered_ && *choice_.number < names->size()) {
      numbered_ = (*names)[*choice_.number];
    }
    choice = choice_;
    numbered = numbered_;
    left = left_;
    choices = choices_;
  }
  const auto is_meant = [&](const std::string& name) {
    return choice.number ? name == numbered : matches_port(name, choice.patterns);
  };
  bool dropped = false;
  for (auto at = open_.begin(); at != open_.end();) {
    // One that went and came back since we last looked is in the list, but sends to nobody.
    const bool is_there = std::find(names->begin(), names->end(), at->first) != names->end() &&
                          at->second.port.is_connected();
    if (is_there && is_meant(at->first)) {
      ++at;
      continue;
    }
    if (!is_there && !choice.reconnect) left.insert(at->first);
    const std::shared_ptr<InputPort> input = at->second.input;
    at = open_.erase(at);  // from here on nothing comes in
    input->set_gone();
    dropped = true;
  }
  for (const std::string& name : *names) {
    if (is_meant(name) && !open_.contains(name) && !left.contains(name)) connect(name);
  }
  {
    const std::scoped_lock lock(mutex_);
    state_.available = std::move(*names);
    state_.connected.clear();
    for (const auto& [name, open] : open_)
      state_.connected.push_back(name);
    if (choices == choices_) left_.merge(left);
    if (dropped) generation_.fetch_add(1, std::memory_order_release);
  }
  if (dropped && options_.wake) options_.wake();
}

}  // namespace midimon
