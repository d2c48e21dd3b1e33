// What `conecta` writes where a person reads: a terminal of its own for each test.

#include "cli/bench_run.hpp"
#include "support/plain_socket.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <unistd.h>

using namespace conecta;
using namespace conecta::cli_test;

namespace {

class terminal {
 public:
  terminal() : master_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)} {
    REQUIRE(master_.get() >= 0);
    REQUIRE(::grantpt(master_.get()) == 0);
    REQUIRE(::unlockpt(master_.get()) == 0);
    slave_ = wire::descriptor{::open(path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  }
  [[nodiscard]] std::string path() const { return ::ptsname(master_.get()); }

  /// What was written to it until `last`, which the kernel may bring after the writer's end.
  [[nodiscard]] std::string read_until(std::string_view last) const {
    std::string text;
    std::array<char, 4096> part{};
    pollfd ready{master_.get(), POLLIN, 0};
    while (text.find(last) == std::string::npos && ::poll(&ready, 1, 10'000) == 1) {
      auto const size = ::read(master_.get(), part.data(), part.size());
      text.append(part.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    return text;
  }

 private:
  wire::descriptor master_;
  wire::descriptor slave_; ///< so that what was written stays
};

struct shown {
  int code;
  std::string text;
};

/// Runs it on a new terminal.
shown on_terminal(std::string const& term, std::vector<std::string> arguments,
                  std::string_view last, std::string input = {}) {
  terminal const screen;
  auto command = cli_test::conecta(std::move(arguments));
  command.insert(command.begin(),
                 {"/bin/sh", "-c", "shown=$0; exec \"$@\" >\"$shown\" 2>&1", screen.path()});
  support::process::surroundings around;
  around.input = std::move(input);
  around.variables = {"TERM=" + term, "NO_COLOR="};
  auto const ended = support::run_process(command, around);
  return {ended.code, screen.read_until(last)};
}

} // namespace

TEST_CASE("a terminal shows progress and colours, a dumb one neither") {
  auto const server = target::start({});
  auto const scenario = ping_scenario(tcp_url(server->address()), "1100ms").dump();
  std::vector<std::string> const arguments{"bench", "-"};

  auto const lively = on_terminal("xterm", arguments, "no thresholds", scenario);
  CHECK(lively.code == 0);
  CHECK(lively.text.find(" s of ") != std::string::npos);
  CHECK(lively.text.find("\x1b[1m") != std::string::npos);

  auto const plain = on_terminal("dumb", arguments, "no thresholds", scenario);
  CHECK(plain.code == 0);
  CHECK(plain.text.find("requests") != std::string::npos);
  CHECK(plain.text.find('\x1b') == std::string::npos);
}

TEST_CASE("a probe that waits shows so on a terminal, but not on a dumb one") {
  std::vector<std::string> const arguments{"probe", "--wait", "300ms", closed_tcp_url()};
  auto const lively = on_terminal("xterm", arguments, "wait expired");
  CHECK(lively.code == 124);
  CHECK(lively.text.find("waiting for tcp://") != std::string::npos);

  auto const plain = on_terminal("dumb", arguments, "wait expired");
  CHECK(plain.code == 124);
  CHECK(plain.text.find("wait expired") != std::string::npos);
  CHECK(plain.text.find('\x1b') == std::string::npos);
}
