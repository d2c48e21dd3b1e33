#include "support/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern char** environ; // NOLINT: POSIX has it nowhere else

namespace conecta::support {

namespace {

struct pipe_ends {
  wire::descriptor read;
  wire::descriptor write;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error{errno, std::generic_category(), "pipe"};
  }
  return {wire::descriptor{ends[0]}, wire::descriptor{ends[1]}};
}

/// A file that is gone once closed: input of any size can be written before the program starts.
wire::descriptor file_of(std::string const& text) {
  wire::descriptor file{::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
  if (!file ||
      ::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw std::system_error{errno, std::generic_category(), "input"};
  }
  return file;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (auto& each : strings) {
    all.push_back(each.data());
  }
  all.push_back(nullptr);
  return all;
}

/// Appends what there is; closes at the end.
void take_from(wire::descriptor& end, std::string& into) {
  std::array<char, 65536> buffer{};
  auto const count = ::read(end.get(), buffer.data(), buffer.size());
  if (count > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(count));
  } else {
    end.close();
  }
}

} // namespace

process::process(std::vector<std::string> const& command) : process{command, surroundings{}} {}

process::process(std::vector<std::string> const& command, surroundings around) {
  auto input = file_of(around.input);
  auto out = make_pipe();
  auto err = make_pipe();
  if (around.output_to) {
    out.write = wire::descriptor{::open(around.output_to->c_str(), O_WRONLY | O_CLOEXEC)};
  }
  auto arguments = command;
  auto variables = std::move(around.variables);
  auto const own = variables.size();
  for (char** each = environ; *each != nullptr; ++each) {
    std::string_view const inherited{*each};
    auto const name = inherited.substr(0, inherited.find('=') + 1);
    auto const end = variables.begin() + static_cast<std::ptrdiff_t>(own);
    if (std::none_of(variables.begin(), end,
                     [&](std::string const& given) { return given.starts_with(name); })) {
      variables.emplace_back(inherited); // a shell takes the last of two
    }
  }
  auto const argument_list = pointers(arguments);
  auto const variable_list = pointers(variables);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  auto const failed = ::posix_spawnp(&id_, argument_list.front(), &actions, nullptr,
                                     argument_list.data(), variable_list.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw std::system_error{failed, std::generic_category(), command.front()};
  }
  out_ = std::move(out.read);
  err_ = std::move(err.read);
}

process::~process() {
  if (id_ != 0) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
}

void process::signal(int number) const { ::kill(id_, number); }

std::string process::first_line(duration patience) {
  collect(until::line, patience);
  return ended_.out.substr(0, ended_.out.find('\n'));
}

ended_process process::wait(duration patience) {
  collect(until::end, patience);
  int status = 0;
  ::waitpid(std::exchange(id_, 0), &status, 0);
  ended_.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return std::move(ended_);
}

void process::collect(until what, duration patience) {
  auto const last = std::chrono::steady_clock::now() + patience;
  while (out_ || err_) {
    if (what == until::line && ended_.out.find('\n') != std::string::npos) {
      return;
    }
    std::array<pollfd, 2> ends{pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0}};
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(
        last - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      throw std::runtime_error{"the program took too long; it said: " + ended_.err};
    }
    ::poll(ends.data(), ends.size(), static_cast<int>(left.count()));
    if (ends[0].revents != 0) {
      take_from(out_, ended_.out);
    }
    if (ends[1].revents != 0) {
      take_from(err_, ended_.err);
    }
  }
}

ended_process run_process(std::vector<std::string> const& command, process::surroundings around) {
  process one{command, std::move(around)};
  return one.wait();
}

} // namespace conecta::support
