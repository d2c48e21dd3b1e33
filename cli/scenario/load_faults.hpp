#pragma once

// The faults of `conecta proxy`: {"faults": [ ... ]}, each as in a scenario, without an endpoint.
// The checked faults or every mistake at once out.

#include "fault/fault.hpp"
#include "net/url.hpp"
#include "scenario/load.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace conecta::scenario {

inline constexpr std::size_t most_proxy_faults = 1000;

using faults_result = std::variant<std::vector<fault::fault_spec>, problems>;

/// `path` may be "-": standard input. Strings may name variables, as in a scenario.
[[nodiscard]] faults_result load_faults(std::string const& path, net::transport kind,
                                        environment const& lookup = process_environment());

/// What somebody sent: where it names a variable, it is refused, since its values are not for all.
/// `name` stands for the text in messages.
[[nodiscard]] faults_result load_sent_faults(std::string_view text, std::string_view name,
                                             net::transport kind);
/// The same of a single fault; the result has one.
[[nodiscard]] faults_result load_sent_fault(std::string_view text, std::string_view name,
                                            net::transport kind);

} // namespace conecta::scenario
