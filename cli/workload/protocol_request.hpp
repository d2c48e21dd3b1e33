#pragma once

// Requests of protocols as payloads: what their arguments render to is counted when it is sent.

#include "workload/request.hpp"

#include <string>
#include <vector>

namespace conecta::workload {

/// An array of bulk strings, which is how Redis takes a command. REQUIRES: one word or more.
[[nodiscard]] payload resp_request(std::vector<payload> words);

/// A request of HTTP/1.1: `head` is its first line and fields, without the empty line. The body is
/// counted; without one there is none.
[[nodiscard]] payload http_request(payload head, std::optional<payload> body);

} // namespace conecta::workload
