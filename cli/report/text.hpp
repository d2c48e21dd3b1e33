#pragma once

// A result for the one who is on call: what happened, worst things visible, nothing that is zero.
// At most 80 columns of ASCII (but for names and messages from elsewhere, made safe). Pure.

#include "report/page.hpp"
#include "run/result.hpp"

#include <string>

namespace conecta::report {

[[nodiscard]] std::string summary_text(run::result const& found, colouring colours);

} // namespace conecta::report
