#include "commands/probe_list.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string_view>

namespace conecta::command {
namespace {

constexpr std::size_t most_urls = 100'000;
constexpr std::size_t longest_line = 16 * 1024;
constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view line) {
  auto const begin = line.find_first_not_of(blanks);
  return begin == std::string_view::npos
             ? std::string_view{}
             : line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

/// No more of it than says that it is too long.
bool read_line(std::istream& from, std::string& line) {
  line.clear();
  for (int next = from.get(); next != std::istream::traits_type::eof(); next = from.get()) {
    if (next == '\n') {
      return true;
    }
    line += static_cast<char>(next);
    if (line.size() > longest_line) {
      return true;
    }
  }
  return !line.empty();
}

} // namespace

std::variant<std::vector<listed_url>, unreadable> read_url_list(std::string const& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) {
      return unreadable{path + ": " + std::strerror(errno), no_input};
    }
  }
  std::istream& from = path == "-" ? std::cin : file;
  std::vector<listed_url> urls;
  std::string line;
  for (std::size_t number = 1; read_line(from, line); ++number) {
    auto const place = (path == "-" ? "standard input" : path) + ":" + std::to_string(number);
    if (line.size() > longest_line) {
      return unreadable{place + ": longer than 16 KiB"};
    }
    auto const url = trimmed(line);
    if (url.empty() || url.front() == '#') {
      continue;
    }
    if (urls.size() == most_urls) {
      return unreadable{place + ": more than 100000 URLs"};
    }
    urls.push_back({std::string{url}, place});
  }
  if (from.bad() || (path != "-" && !file.is_open())) {
    return unreadable{path + ": cannot be read", no_input};
  }
  return urls;
}

} // namespace conecta::command
