#pragma once

// An embedded server as the key "target" of an endpoint describes it, or `conecta serve`.

#include "net/url.hpp"
#include "scenario/reading.hpp"
#include "target/target_options.hpp"

#include <optional>
#include <string_view>

namespace conecta::scenario {

/// Nothing if the kind is not known.
[[nodiscard]] std::optional<target::target_options> read_target(located const& from,
                                                                problem_list& problems);

[[nodiscard]] net::transport transport_of(target::target_kind kind) noexcept;
[[nodiscard]] net::protocol spoken_by(target::target_kind kind) noexcept;

/// The codes of its protocol's errors, in words; empty: it has none.
[[nodiscard]] std::string_view errors_of(target::target_kind kind) noexcept;
[[nodiscard]] bool has_error(target::target_kind kind, std::string_view code);

} // namespace conecta::scenario
