#pragma once

// An embedded server as the key "target" of an endpoint describes it, or `conecta serve`.

#include "net/url.hpp"
#include "scenario/reading.hpp"
#include "target/target_options.hpp"

#include <optional>

namespace conecta::scenario {

/// Nothing if the kind is not known.
[[nodiscard]] std::optional<target::target_options> read_target(located const& from,
                                                                problem_list& problems);

[[nodiscard]] net::transport transport_of(target::target_kind kind) noexcept;

} // namespace conecta::scenario
