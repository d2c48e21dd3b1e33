#include "report/xml.hpp"

namespace conecta::report {

// U+FFFE and U+FFFF are in no XML.
std::string xml_escaped(std::string_view safe) {
  std::string out;
  for (std::size_t at = 0; at < safe.size(); ++at) {
    auto const rest = safe.substr(at);
    if (rest.starts_with("\xef\xbf\xbe") || rest.starts_with("\xef\xbf\xbf")) {
      out += "\xef\xbf\xbd";
      at += 2;
    } else if (safe[at] == '&') {
      out += "&amp;";
    } else if (safe[at] == '<') {
      out += "&lt;";
    } else if (safe[at] == '>') {
      out += "&gt;";
    } else if (safe[at] == '"') {
      out += "&quot;";
    } else {
      out += safe[at];
    }
  }
  return out;
}

} // namespace conecta::report
