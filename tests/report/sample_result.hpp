#pragma once

// One run as every report may have to show it: two endpoints, a warm-up, a fault, errors with a
// hostile message, thresholds kept and broken.

#include "run/result.hpp"

namespace conecta::report {

[[nodiscard]] run::result sample_result();

} // namespace conecta::report
