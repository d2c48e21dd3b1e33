#pragma once

// Faults as a scenario describes them, and as `conecta proxy` does: there without an endpoint, and
// with `at` counted from now on.

#include "fault/fault.hpp"
#include "net/url.hpp"
#include "scenario/reading.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace conecta::scenario {

/// Everything of a fault but where and when it begins.
[[nodiscard]] fault::fault_spec read_fault(located const& from);

enum class fitting_types : std::uint8_t { all, relayed };

/// Refuses a type that does not fit `whose` transport, and names those of `which` that do. `named`
/// is its key "type".
void check_fits(located const& named, fault::fault_type type, net::transport kind,
                std::string const& whose, fitting_types which, problem_list& problems);

/// REQUIRES: held against proxy_fault_rule, defaults filled in. `start` counts from now on;
/// `written` is the fault as JSON.
[[nodiscard]] fault::fault_spec read_proxy_fault(located const& from, net::transport kind,
                                                 problem_list& problems);
[[nodiscard]] std::vector<fault::fault_spec>
read_proxy_faults(located const& list, net::transport kind, problem_list& problems);

} // namespace conecta::scenario
