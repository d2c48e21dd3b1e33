#pragma once

#include <string>
#include <string_view>

namespace conecta::report {

/// For the inside of quotes and of elements of XML; REQUIRES: text that is safe (safe_text.hpp).
[[nodiscard]] std::string xml_escaped(std::string_view safe);

} // namespace conecta::report
