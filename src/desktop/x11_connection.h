// The X11Connection class is a connection to an X server that is never waited for without end.
#pragma once

#include <xcb/xcb.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "midimon/result.h"

namespace midimon {

struct FreeReply {
  void operator()(void* memory) const { std::free(memory); }
};
template <typename Reply>
using X11Reply = std::unique_ptr<Reply, FreeReply>;

// One thread owns it.
class X11Connection {
 public:
  static constexpr auto kPatience = std::chrono::seconds(2);  // for one answer
  static Result<X11Connection> open(const std::string& display);

  [[nodiscard]] xcb_connection_t* get() const { return connection_.get(); }
  [[nodiscard]] xcb_window_t root() const { return root_; }
  [[nodiscard]] const std::string& display() const { return display_; }
  // Whether it answers as far as we know.
  [[nodiscard]] bool alive() const {
    return !stuck_ && xcb_connection_has_error(connection_.get()) == 0;
  }
  [[nodiscard]] Error gone() const;

  // What the server answers to a request; null for an error, or once it is not alive().
  template <typename Reply, typename Cookie>
  X11Reply<Reply> reply(Cookie cookie) {
    return X11Reply<Reply>(static_cast<Reply*>(wait(cookie.sequence)));
  }
  // The same once everything before it has been done.
  Result<void> sync();
  // Asks for the numbers of names.
  Result<std::vector<xcb_atom_t>> atoms(const std::vector<std::string>& names);

 private:
  struct Disconnect {
    void operator()(xcb_connection_t* connection) const { xcb_disconnect(connection); }
  };
  X11Connection(xcb_connection_t* connection, std::string display)
      : connection_(connection), display_(std::move(display)) {}
  void* wait(unsigned sequence);

  std::unique_ptr<xcb_connection_t, Disconnect> connection_;
  std::string display_;
  xcb_window_t root_ = XCB_NONE;
  bool stuck_ = false;
};

}  // namespace midimon
