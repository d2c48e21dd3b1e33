#pragma once

// Figures as short phrases for the text summary, leaving out what is zero. Pure.

#include "run/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace conecta::report {

/// "1 request", "2,000 requests".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

[[nodiscard]] std::vector<std::string> request_phrases(run::block const& block);
[[nodiscard]] std::vector<std::string> wire_phrases(run::wire_counts const& wire);
/// Opened, closed, evicted, with reasons.
[[nodiscard]] std::vector<std::string> pool_phrases(run::pool_figures const& pool);
/// Churn, reuse, checks, and leases that were not to be had.
[[nodiscard]] std::vector<std::string> pool_use_phrases(run::pool_figures const& pool);

} // namespace conecta::report
