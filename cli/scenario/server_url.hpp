#pragma once

// The URL of an endpoint, as far as a scenario has to understand it.

#include "scenario/model.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace conecta::scenario {

/// What the URL is spoken to over; nothing, and the reason in `error`, for one that cannot be used.
[[nodiscard]] std::optional<transport> transport_of_url(std::string_view url, std::string& error);

} // namespace conecta::scenario
