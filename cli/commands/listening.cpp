#include "commands/listening.hpp"

#include "commands/exit_code.hpp"
#include "commands/output.hpp"
#include "scenario/wording.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <pthread.h>
#include <utility>

namespace conecta::command {

std::optional<wire::address> parse_listen(std::string const& text) {
  auto const colon = text.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  auto host = text.substr(0, colon);
  auto const* const port_begin = text.data() + colon + 1;
  auto const* const port_end = text.data() + text.size();
  std::uint16_t port = 0;
  auto const [end, failed] = std::from_chars(port_begin, port_end, port);
  if (failed != std::errc{} || end != port_end) {
    return std::nullopt;
  }
  if (host == "localhost") {
    return wire::address::loopback(wire::family::ipv4, port);
  }
  bool const bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  bool const is_v6 = host.find(':') != std::string::npos;
  return bracketed == is_v6 ? wire::address::numeric(host, port) : std::nullopt;
}

void warn_if_exposed(char const* command, wire::address const& where) {
  if (!where.is_loopback()) {
    std::fprintf(stderr, "conecta %s: warning: other machines can reach %s\n", command,
                 where.text().c_str());
  }
}

bool print_line(char const* command, nlohmann::ordered_json const& what) {
  return put(command, "-", what.dump() + "\n", success) == success;
}

void refuse_address(char const* command, char const* option, std::string const& text) {
  std::fprintf(stderr,
               "conecta %s: %s %s: allowed: ADDRESS:PORT, such as "
               "127.0.0.1:8080 or [::1]:0; port 0 is a free one\n",
               command, option, scenario::printable(text).c_str());
}

stop_signal::stop_signal(std::vector<int> others) : others_{std::move(others)} {
  ::sigemptyset(&waited_for_);
  ::sigaddset(&waited_for_, SIGINT);
  ::sigaddset(&waited_for_, SIGTERM);
  for (auto const other : others_) {
    ::sigaddset(&waited_for_, other);
  }
  ::pthread_sigmask(SIG_BLOCK, &waited_for_, &before_);
}

stop_signal::~stop_signal() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int stop_signal::wait() {
  int which = 0;
  ::sigwait(&waited_for_, &which);
  if (which == SIGINT || which == SIGTERM) {
    for (auto const other : others_) {
      std::signal(other, SIG_IGN);
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  return which;
}

} // namespace conecta::command
