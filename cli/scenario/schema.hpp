#pragma once

// The tables of keys as a JSON Schema (draft 2020-12), for editors and for programs that write
// scenarios. It tells everything that can be told of a value alone; what parts of a scenario mean
// to each other, `conecta check` knows.

#include <string>

namespace conecta::scenario {

/// Of the whole document, indented, with a line's end.
[[nodiscard]] std::string scenario_schema();

} // namespace conecta::scenario
