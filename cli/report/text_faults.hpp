#pragma once

// The part of the text summary that says what each fault did, and how things were without it.

#include "report/page.hpp"
#include "run/result.hpp"

namespace conecta::report {

void put_faults(page& out, std::vector<run::fault_result> const& faults);

} // namespace conecta::report
