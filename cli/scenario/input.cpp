#include "scenario/input.hpp"

#include "scenario/located_json.hpp"
#include "scenario/wording.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace conecta::scenario {

namespace {

problems one_problem(refusal why, std::string message) {
  problems made;
  made.why = why;
  made.messages.push_back(std::move(message));
  return made;
}

} // namespace

// One byte over the limit is read, to see that it is there.
std::variant<std::string, problems> read_all(std::string const& path) {
  bool const from_stdin = path == "-";
  std::string const name = from_stdin ? "standard input" : printable(path);
  auto const refuse = [&](std::string_view reason) {
    return one_problem(refusal::no_input, name + ": " + std::string{reason});
  };
  std::error_code failed;
  if (!from_stdin && std::filesystem::is_directory(path, failed)) {
    return refuse("is a directory; give the path of a file");
  }
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const opened{
      from_stdin ? nullptr : std::fopen(path.c_str(), "rb"),
      [](std::FILE* file) { return std::fclose(file); }};
  if (!from_stdin && !opened) {
    return refuse(std::string{"cannot be read: "} + std::strerror(errno));
  }
  std::FILE* const file = from_stdin ? stdin : opened.get();
  std::string text(max_scenario_size + 1, '\0');
  std::size_t const size = std::fread(text.data(), 1, text.size(), file);
  if (std::ferror(file) != 0) {
    return refuse(std::string{"cannot be read: "} + std::strerror(errno));
  }
  text.resize(size);
  return text;
}

problems told(refusal why, problem_list const& found, std::string const& name,
              std::vector<std::string> const& origins) {
  problems made;
  made.why = why;
  auto const all = found.sorted();
  if (std::all_of(all.begin(), all.end(),
                  [](auto const& one) { return one.where.override > 0; })) {
    made.why = refusal::usage; // the file alone is good
  }
  for (problem const& each : all) {
    std::string line = name;
    if (each.where.override != 0) {
      line = origins[each.where.override - 1];
    } else if (each.where.line != 0) {
      line += ":" + std::to_string(each.where.line);
    }
    line += ": ";
    if (!each.pointer.empty()) {
      line += each.pointer + ": ";
    }
    made.messages.push_back(line + each.text);
  }
  if (found.left_out() != 0) {
    made.messages.push_back(name + ": and " + std::to_string(found.left_out()) + " more");
  }
  return made;
}

} // namespace conecta::scenario
