#pragma once

// The URL of an endpoint, as a scenario may give it: what net/url.hpp reads, without a query.

#include "net/url.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace conecta::scenario {

/// Nothing, and the reason in `error`, safe to print, for a URL that cannot be used.
[[nodiscard]] std::optional<net::endpoint_url>
read_url(std::string_view text, std::string& error, net::schemes allowed = net::schemes::poolable);

} // namespace conecta::scenario
