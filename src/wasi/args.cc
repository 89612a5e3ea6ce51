// args_*, environ_*: two lists of strings, handed out the same way.
#include <cstring>
#include <string>
#include <vector>

#include "wasi/calls.h"

namespace midimon::wasi {
namespace {

std::uint64_t size_with_nuls(const std::vector<std::string>& list) {
  std::uint64_t size = 0;
  for (const std::string& item : list)
    size += item.size() + 1;
  return size;
}

Errno give_sizes(const std::vector<std::string>& list, HostCall& call, Ptr count, Ptr buf_size) {
  call.budget.charge(cost::kCall);
  if (!call.memory.holds<Size>(count) || !call.memory.holds<Size>(buf_size)) return Errno::fault;
  call.memory.store(count, static_cast<Size>(list.size()));
  call.memory.store(buf_size, static_cast<Size>(size_with_nuls(list)));
  return Errno::success;
}

Errno give_list(const std::vector<std::string>& list, HostCall& call, Ptr pointers, Ptr buf) {
  const std::uint64_t size = size_with_nuls(list);
  call.budget.charge(cost::kCall + size / cost::kBytesPerFuel);
  const auto bytes = call.memory.bytes(buf, size);
  const bool room_for_pointers =
      call.memory.contains(pointers, list.size() * sizeof(Ptr)) && pointers % alignof(Ptr) == 0;
  if (bytes.data() == nullptr || !room_for_pointers) return Errno::fault;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    call.memory.store(static_cast<Ptr>(pointers + i * sizeof(Ptr)), static_cast<Ptr>(buf + at));
    std::memcpy(bytes.data() + at, list[i].c_str(), list[i].size() + 1);
    at += list[i].size() + 1;
  }
  return Errno::success;
}

}  // namespace

Errno args_get(Context& context, HostCall& call, Ptr argv, Ptr argv_buf) {
  return give_list(context.args(), call, argv, argv_buf);
}

Errno args_sizes_get(Context& context, HostCall& call, Ptr count, Ptr buf_size) {
  return give_sizes(context.args(), call, count, buf_size);
}

Errno environ_get(Context& context, HostCall& call, Ptr environ, Ptr environ_buf) {
  return give_list(context.env(), call, environ, environ_buf);
}

Errno environ_sizes_get(Context& context, HostCall& call, Ptr count, Ptr buf_size) {
  return give_sizes(context.env(), call, count, buf_size);
}

}  // namespace midimon::wasi
