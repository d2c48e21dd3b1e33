#include "commands/run_after.hpp"

#include "commands/output.hpp"
#include "report/safe_text.hpp"
#include "run/descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <unistd.h>

namespace conecta::command {

std::optional<std::vector<std::string>> take_command(int& argc, char** argv) {
  auto const is = [](char const* argument, std::string_view text) { return argument == text; };
  if (argc < 2 || !is(argv[1], "probe")) {
    return std::nullopt;
  }
  auto** const end = argv + argc;
  auto** const dashes = std::find_if(argv, end, [&](char* each) { return is(each, "--"); });
  if (dashes == end) {
    return std::nullopt;
  }
  std::vector<std::string> command{dashes + 1, end};
  argc = static_cast<int>(dashes - argv);
  return command;
}

int become(std::vector<std::string> const& command) {
  std::vector<char*> arguments;
  for (auto const& each : command) {
    arguments.push_back(const_cast<char*>(each.c_str()));
  }
  arguments.push_back(nullptr);
  restore_signals();
  run::restore_descriptor_limit();
  ::execvp(arguments.front(), arguments.data());
  auto const problem = errno;
  std::fprintf(stderr, "conecta probe: %s: %s\n", report::safe_text(command.front()).c_str(),
               std::strerror(problem));
  constexpr int not_there = 127;
  constexpr int not_run = 126;
  return problem == ENOENT ? not_there : not_run;
}

} // namespace conecta::command
