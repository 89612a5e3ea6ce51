#include "desktop/x11_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <xcb/xcbext.h>

#include <algorithm>

#include "base/text.h"

namespace midimon {

Result<X11Connection> X11Connection::open(const std::string& display) {
  int number = 0;
  X11Connection connection(xcb_connect(display.c_str(), &number), display);
  if (!connection.alive()) {
    return fail(ErrorCode::unsupported,
                fmt::format("the X11 display \"{}\" cannot be opened; DISPLAY names it, and "
                            "XAUTHORITY the file that lets programs in",
                            escape_line(display)));
  }
  auto screen = xcb_setup_roots_iterator(xcb_get_setup(connection.get()));
  for (; number > 0 && screen.rem > 1; --number)
    xcb_screen_next(&screen);
  connection.root_ = screen.data->root;
  return connection;
}

Error X11Connection::gone() const {
  return {ErrorCode::io, fmt::format("the X11 display {} {}", escape_line(display_),
                                     stuck_ ? "does not answer" : "is gone")};
}

void* X11Connection::wait(unsigned sequence) {
  xcb_connection_t* x = connection_.get();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  xcb_flush(x);
  while (alive()) {
    void* reply = nullptr;
    xcb_generic_error_t* error = nullptr;
    if (xcb_poll_for_reply(x, sequence, &reply, &error) != 0) {
      std::free(error);
      return reply;
    }
    const auto rest =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    stuck_ = rest.count() <= 0;
    if (stuck_) break;
    pollfd fd{xcb_get_file_descriptor(x), POLLIN, 0};
    ::poll(&fd, 1, static_cast<int>(rest.count()));
  }
  xcb_discard_reply(x, sequence);
  return nullptr;
}

Result<void> X11Connection::sync() {
  if (reply<xcb_get_input_focus_reply_t>(xcb_get_input_focus(get()))) return {};
  return tl::unexpected(gone());
}

Result<std::vector<xcb_atom_t>> X11Connection::atoms(const std::vector<std::string>& names) {
  std::vector<xcb_intern_atom_cookie_t> asked;
  asked.reserve(names.size());
  for (const std::string& name : names) {
    asked.push_back(
        xcb_intern_atom(get(), 0, static_cast<std::uint16_t>(name.size()), name.c_str()));
  }
  std::vector<xcb_atom_t> atoms;
  for (const auto& cookie : asked) {
    const auto answer = reply<xcb_intern_atom_reply_t>(cookie);
    atoms.push_back(answer ? answer->atom : static_cast<xcb_atom_t>(XCB_ATOM_NONE));
  }
  if (!alive()) return tl::unexpected(gone());
  return atoms;
}

}  // namespace midimon
