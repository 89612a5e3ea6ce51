// How long a note takes through a JACK server and midimon, out of one port and into another, next
// to a client that does nothing but pass it on. JACK's time is counted in periods: what is sent in
// one can be heard in the next at the earliest.
//
//   bench_jack MIDIMON [PERIOD]      starts a server with the dummy driver, and the daemon
#include <fcntl.h>
#include <fmt/format.h>
#include <jack/jack.h>
#include <jack/midiport.h>
#include <signal.h>  // NOLINT: POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "ports/jack_test_server.h"

namespace midimon::bench {
namespace {

constexpr int kNotes = 400;
constexpr unsigned kPatience = 100;  // periods until a note counts as lost

[[noreturn]] void fatal(const std::string& why) {
  fmt::print(stderr, "bench_jack: {}\n", why);
  std::exit(1);
}

// A program that ends when this does.
class Program {
 public:
  explicit Program(const std::vector<std::string>& argv) {
    std::vector<char*> raw;
    for (const std::string& argument : argv)
      raw.push_back(const_cast<char*>(argument.c_str()));
    raw.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    for (const int fd : {1, 2})
      ::posix_spawn_file_actions_addopen(&quiet, fd, "/dev/null", O_WRONLY, 0);
    if (::posix_spawnp(&pid_, raw[0], &quiet, nullptr, raw.data(), environ) != 0) {
      fatal("cannot start " + argv[0]);
    }
    ::posix_spawn_file_actions_destroy(&quiet);
  }
  ~Program() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

 private:
  pid_t pid_ = 0;
};

// A client of the server.
class JackClient {
 public:
  JackClient(const char* name, JackProcessCallback process, void* argument) {
    client_ = ::jack_client_open(name, JackNoStartServer, nullptr);
    if (client_ == nullptr) fatal("no JACK server");
    ::jack_set_process_callback(client_, process, argument);
  }
  ~JackClient() { ::jack_client_close(client_); }
  JackClient(const JackClient&) = delete;
  JackClient& operator=(const JackClient&) = delete;

  jack_port_t* port(const char* name, unsigned long flags) {
    return ::jack_port_register(client_, name, JACK_DEFAULT_MIDI_TYPE, flags, 0);
  }
  [[nodiscard]] jack_client_t* get() const { return client_; }

 private:
  jack_client_t* client_;
};

// Sends a note every few periods, and hears it come back.
class Pinger {
 public:
  Pinger() : client_("pinger", &Pinger::process, this) {
    out_ = client_.port("out", JackPortIsOutput);
    in_ = client_.port("in", JackPortIsInput);
    ::jack_activate(client_.get());
  }
  void connect_out(const std::string& to) {
    ::jack_connect(client_.get(), "pinger:out", to.c_str());
  }
  void connect_in(const std::string& from) {
    ::jack_connect(client_.get(), from.c_str(), "pinger:in");
  }
  void disconnect() {
    ::jack_port_disconnect(client_.get(), out_);
    ::jack_port_disconnect(client_.get(), in_);
  }
  // Sends one, whether it comes back or not.
  void send_one() {
    heard_ = sent_ = 0;
    asked_ = 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    asked_ = 0;
  }
  // The name of a port whose name begins and ends so; empty if there is none yet.
  [[nodiscard]] std::string find(std::string_view begin, std::string_view end) const {
    std::string found;
    const char** const names = ::jack_get_ports(client_.get(), nullptr, JACK_DEFAULT_MIDI_TYPE, 0);
    for (const char** name = names; name != nullptr && *name != nullptr; ++name) {
      const std::string_view one(*name);
      if (one.starts_with(begin) && one.ends_with(end)) found = one;
    }
    ::jack_free(names);
    return found;
  }
  [[nodiscard]] int lost() const { return lost_; }
  // Frames that each note took.
  std::vector<jack_nframes_t> measure() {
    heard_ = lost_ = 0;
    spans_.assign(kNotes, 0);
    sent_ = 0;
    asked_ = kNotes;
    for (int i = 0; i < 3000 && heard_ < kNotes; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    asked_ = 0;
    std::vector<jack_nframes_t> out(spans_.begin(), spans_.begin() + heard_);
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  static int process(jack_nframes_t frames, void* self) {
    static_cast<Pinger*>(self)->process(frames);
    return 0;
  }
  void process(jack_nframes_t frames) {
    const jack_nframes_t now = ::jack_last_frame_time(client_.get());
    void* const in = ::jack_port_get_buffer(in_, frames);
    for (std::uint32_t i = 0; i < ::jack_midi_get_event_count(in); ++i) {
      jack_midi_event_t event;
      if (::jack_midi_event_get(&event, in, i) != 0 || event.size != 3) continue;
      if ((event.buffer[0] & 0xF0U) != 0x90 || heard_ >= sent_) continue;
      spans_[static_cast<std::size_t>(heard_)] = now + event.time - sent_at_;
      ++heard_;
    }
    void* const out = ::jack_port_get_buffer(out_, frames);
    ::jack_midi_clear_buffer(out);
    // A server that is late drops what was in the period.
    if (sent_ != heard_ && ++waited_ > kPatience) {
      ++lost_;
      sent_ = heard_.load();
    }
    // One at a time, and not always at the same place in the period.
    if (sent_ >= asked_ || sent_ != heard_ || ++periods_ % 4 != 0) return;
    waited_ = 0;
    const auto offset = static_cast<jack_nframes_t>(sent_ * 37) % frames;
    const std::array<jack_midi_data_t, 3> note = {0x90, 60, 100};
    if (::jack_midi_event_write(out, offset, note.data(), note.size()) != 0) return;
    sent_at_ = now + offset;
    ++sent_;
  }

  JackClient client_;
  jack_port_t* out_ = nullptr;
  jack_port_t* in_ = nullptr;
  std::vector<jack_nframes_t> spans_;
  jack_nframes_t sent_at_ = 0;
  unsigned periods_ = 0;
  unsigned waited_ = 0;  // periods, for the one that was sent
  std::atomic<int> lost_ = 0;
  std::atomic<int> asked_ = 0;
  std::atomic<int> sent_ = 0;
  std::atomic<int> heard_ = 0;
};

// The least that a client can do.
class PassThrough {
 public:
  PassThrough() : client_("through", &PassThrough::process, this) {
    in_ = client_.port("in", JackPortIsInput);
    out_ = client_.port("out", JackPortIsOutput);
    ::jack_activate(client_.get());
  }

 private:
  static int process(jack_nframes_t frames, void* argument) {
    auto* self = static_cast<PassThrough*>(argument);
    void* const in = ::jack_port_get_buffer(self->in_, frames);
    void* const out = ::jack_port_get_buffer(self->out_, frames);
    ::jack_midi_clear_buffer(out);
    for (std::uint32_t i = 0; i < ::jack_midi_get_event_count(in); ++i) {
      jack_midi_event_t event;
      if (::jack_midi_event_get(&event, in, i) != 0) continue;
      ::jack_midi_event_write(out, event.time, event.buffer, event.size);
    }
    return 0;
  }

  JackClient client_;
  jack_port_t* in_ = nullptr;
  jack_port_t* out_ = nullptr;
};

double median_periods(const std::vector<jack_nframes_t>& spans, int period) {
  return spans.empty() ? 0 : static_cast<double>(spans[spans.size() / 2]) / period;
}

void show(const char* name, const std::vector<jack_nframes_t>& spans, int period, int lost) {
  if (spans.empty()) fatal(std::string(name) + ": no note came back");
  const auto ms = [&](jack_nframes_t frames) { return frames / 48.0; };
  fmt::print("{:<28} p50 {:>6.2f} ms ({:.2f} periods)  p99 {:>6.2f} ms  max {:>6.2f} ms  {} lost\n",
             name, ms(spans[spans.size() / 2]), median_periods(spans, period),
             ms(spans[spans.size() * 99 / 100]), ms(spans.back()), lost);
}

// How long a note takes through a daemon that has just been started.
void measure_daemon(Pinger& pinger, const char* name, int period, double floor) {
  std::string in;
  for (int i = 0; i < 500 && (in = pinger.find("midimon", ":in")).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  pinger.connect_out(in);
  // Its output is made when the first note is sent.
  std::string out;
  for (int i = 0; i < 100 && (out = pinger.find("midimon", ":out")).empty(); ++i)
    pinger.send_one();
  pinger.connect_in(out);
  const auto spans = pinger.measure();
  show(name, spans, period, pinger.lost());
  fmt::print("{:<28} {:+.2f} periods\n", "", median_periods(spans, period) - floor);
  pinger.disconnect();
}

int run(int argc, char** argv) {
  if (argc < 2) fatal("usage: bench_jack MIDIMON [PERIOD]");
  const int period = argc > 2 ? std::atoi(argv[2]) : 256;
  std::string home = (std::filesystem::temp_directory_path() / "midimon-bench-XXXXXX").string();
  if (::mkdtemp(home.data()) == nullptr) fatal("no temporary directory");
  ::setenv("MIDIMON_HOME", home.c_str(), 1);
  ::jack_set_error_function([](const char*) {});  // while there is no server yet
  ::jack_set_info_function([](const char*) {});
  fmt::print("\nA note through JACK ({} frames a period, {:.2f} ms)\n", period, period / 48.0);
  JackServer jack;
  if (!jack.start(period)) fatal("jackd did not start");
  for (int i = 0; i < 500; ++i) {
    jack_client_t* const probe = ::jack_client_open("probe", JackNoStartServer, nullptr);
    if (probe != nullptr) {
      ::jack_client_close(probe);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  Pinger pinger;
  double floor = 0;
  {
    const PassThrough through;
    pinger.connect_out("through:in");
    pinger.connect_in("through:out");
    const auto spans = pinger.measure();
    show("a pass-through client", spans, period, pinger.lost());
    floor = median_periods(spans, period);
    pinger.disconnect();
  }
  const auto through_midimon = [&](const char* name, std::string_view text) {
    const std::string profile = home + "/bench.toml";
    std::ofstream(profile) << "[device]\nname = \"nobody\"\n" << text;
    const Program daemon({argv[1], "run", "-c", profile, "--api", "jack"});
    measure_daemon(pinger, name, period, floor);
  };
  through_midimon("midimon, [[thru]]", "[[thru]]\nto = \"midimon\"\n");
  through_midimon(
      "midimon, a SendMidi action",
      "[[global_mappings]]\ntrigger = { type = \"Note\", note = 60, immediate = true }\n"
      "action = { type = \"SendMidi\", port = \"midimon\", message_type = \"NoteOn\", "
      "note = 60, velocity = 100 }\n");
  std::error_code ignored;
  std::filesystem::remove_all(home, ignored);
  return 0;
}

}  // namespace
}  // namespace midimon::bench

int main(int argc, char** argv) {
  return midimon::bench::run(argc, argv);
}
