// parse_smf: messages in order, within the file's length, and no more of them than bytes;
// write_smf: what it writes can be read.
#include <cstdint>

#include "fuzz/check.h"
#include "midi/smf.h"
#include "midi/smf_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  const auto smf = parse_smf({data, size});
  if (!smf) {
    fuzz::check(!smf.error().message.empty(), "an error says something");
    fuzz::check(fuzz::is_safe_to_show(smf.error().message), "an error can be shown");
    return 0;
  }
  fuzz::check(smf->format == 0 || smf->format == 1, "other formats are refused");
  fuzz::check(smf->length >= Nanos{} && smf->length <= kMaxSmfLength, "no file plays too long");
  fuzz::check(smf->messages.size() <= size, "there are no more messages than bytes");
  fuzz::check(fuzz::is_safe_to_show(smf->name), "a name can be shown");
  Nanos last{};
  for (const SmfMessage& message : smf->messages) {
    fuzz::check(message.at >= last && message.at <= smf->length, "messages are in order of time");
    fuzz::check(message.track < smf->tracks, "a message comes from a track that there is");
    fuzz::check(message.message.kind() != MessageKind::sysex || message.sysex < smf->sysex.size(),
                "a sysex has bytes");
    last = message.at;
  }
  const auto written = write_smf(*smf);
  if (!written) return 0;  // what was read may be too long when each event has its own status
  const auto again = parse_smf(*written);
  fuzz::check(again && again->messages.size() == smf->messages.size(),
              "what is written can be read");
  return 0;
}
