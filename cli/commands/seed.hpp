#pragma once

// What --seed takes: the numbers that JSON keeps exactly, as a scenario's key does, in the form in
// which they are printed.

#include <algorithm>
#include <string>

namespace conecta::command {

/// A check of the option. CLI11 alone takes 0x10 for 16 and 010 for 8.
[[nodiscard]] inline std::string refuse_seed(std::string const& text) {
  std::string const most = "9007199254740991";
  auto const is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  bool const is_number = !text.empty() && std::all_of(text.begin(), text.end(), is_digit) &&
                         (text == "0" || text.front() != '0');
  bool const fits = text.size() < most.size() || (text.size() == most.size() && text <= most);
  return is_number && fits ? "" : "Value " + text + " not in range 0 to " + most;
}

} // namespace conecta::command
