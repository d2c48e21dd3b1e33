#include "commands/complaint.hpp"

#include <cstdio>
#include <string>

namespace conecta::command {

int complain(char const* command, scenario::problems const& found) {
  bool const has_places = found.why == scenario::refusal::bad_data;
  auto const speaker = has_places ? std::string{} : "conecta " + std::string{command} + ": ";
  for (auto const& message : found.messages) {
    std::fprintf(stderr, "%s%s\n", speaker.c_str(), message.c_str());
  }
  return static_cast<int>(found.why);
}

} // namespace conecta::command
