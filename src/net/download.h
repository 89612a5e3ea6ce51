// download() fetches a file that may be large: what a broken connection or a killed process leaves
// is kept, and the next time only the rest is asked for.
#pragma once

#include <string>

#include "midimon/result.h"
#include "net/client.h"

namespace midimon::net {

// Like Client::fetch() with GET. What is there of a file lies in `directory` (Places::downloads())
// until all of it is there, and is read once then. Goes on by itself after a connection broke, as
// long as each came further than the one before, within the request's time. The server must call
// the file the same (ETag, or Last-Modified) as before, else all of it is fetched again.
// The answer to a file that is there has status 200 and the whole body, however it came.
Result<Answer> download(Client& client, const Request& request, const std::string& directory);

}  // namespace midimon::net
