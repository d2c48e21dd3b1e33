#include "run/far_process.hpp"

#include "run/far_messages.hpp"
#include "run/forked.hpp"
#include "run/runner.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace conecta::run {

namespace {

/// A server of more is not one that this process has descriptors and time for beside its pool.
constexpr std::size_t most_connections_here = 4000;

bool say(int line, void const* what, std::size_t size) {
  ssize_t sent = 0;
  do {
    sent = ::send(line, what, size, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(size);
}

/// The message's size; 0: the other process has ended.
std::size_t hear(int line, void* into, std::size_t size) {
  ssize_t received = 0;
  do {
    received = ::recv(line, into, size, 0);
  } while (received < 0 && errno == EINTR);
  return received < 0 ? 0 : static_cast<std::size_t>(received);
}

/// The far process itself.
class far_end {
 public:
  far_end(int line, scenario::scenario const& what) : line_{line}, what_{what} {}

  void run() {
    if (!start()) {
      return;
    }
    far_question asked;
    while (hear(line_, &asked, sizeof asked) == sizeof asked) {
      answer(asked);
    }
    for (auto const& side : sides_) {
      if (side) {
        side->stop();
      }
    }
  }

 private:
  bool start() {
    try {
      for (std::size_t index = 0; index < what_.endpoints.size(); ++index) {
        sides_.push_back(start_far_side(what_, index));
      }
    } catch (unknown_host const& refused) {
      return fail(far_start::how::unknown_host, 0, refused.what());
    } catch (std::system_error const& refused) {
      return fail(far_start::how::system_error, refused.code().value(), refused.what());
    } catch (std::exception const& refused) {
      return fail(far_start::how::other_error, 0, refused.what());
    }
    for (auto const& side : sides_) {
      far_start told;
      auto const server = side ? side->server() : std::nullopt;
      auto const relay = side ? side->relay() : std::nullopt;
      told.has_server = server.has_value();
      told.has_relay = relay.has_value();
      told.server = server.value_or(wire::address{});
      told.relay = relay.value_or(wire::address{});
      say(line_, &told, sizeof told);
    }
    return true;
  }

  bool fail(far_start::how how, int code, std::string_view text) {
    far_start told;
    told.went = how;
    told.code = code;
    std::copy_n(text.begin(), std::min(text.size(), told.text.size() - 1), told.text.begin());
    say(line_, &told, sizeof told);
    return false;
  }

  void answer(far_question const& asked) {
    auto& side = *sides_[asked.endpoint];
    switch (asked.what) {
    case far_question::about::begin:
      side.begin(asked.origin);
      break;
    case far_question::about::forget:
      side.forget(asked.client);
      break;
    case far_question::about::stop:
      side.stop();
      break;
    }
    auto const tally = side.relayed();
    std::vector<std::uint64_t> numbers{tally.turned_away, tally.reached, tally.unreachable,
                                       static_cast<std::uint64_t>(tally.first_obstacle)};
    for (auto const& fault : what_.faults) {
      numbers.push_back(fault.endpoint == asked.endpoint ? side.injected(fault.id) : 0);
    }
    say(line_, numbers.data(), numbers.size() * sizeof numbers[0]);
  }

  int line_;
  scenario::scenario const& what_;
  std::vector<std::unique_ptr<far_side>> sides_;
};

/// Standard error stays, for what ends a process in an unforeseen way.
[[noreturn]] void be_far_process(int line, scenario::scenario const& what) {
  for (int const signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    std::signal(signal, SIG_IGN);
  }
  close_all_but(line, STDERR_FILENO + 1);
  int const nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  try {
    far_end{line, what}.run();
  } catch (std::exception const& unexpected) {
    std::fprintf(stderr, "conecta: the process of servers and relays: %s\n", unexpected.what());
    ::_exit(1);
  }
  ::_exit(0);
}

} // namespace

bool needs_far_process(scenario::scenario const& what) {
  return std::ranges::any_of(what.faults,
                             [](fault::fault_spec const& each) {
                               return fault::doer_of(each.type) == fault::done_by::limit;
                             }) ||
         std::ranges::any_of(what.endpoints, [](scenario::endpoint_spec const& each) {
           return each.target && each.pool.max_size > most_connections_here;
         });
}

/// One endpoint's, as this process sees it.
class far_process::remote final : public far_side {
 public:
  remote(far_process& at, std::size_t endpoint)
      : at_{at}, endpoint_{endpoint}, numbers_(tally_numbers + at.what_.faults.size()) {}

  std::optional<wire::address> server() const override { return at_.sides_[endpoint_].server; }
  std::optional<wire::address> relay() const override { return at_.sides_[endpoint_].relay; }
  void begin(instant origin) override {
    ask({.what = far_question::about::begin, .origin = origin});
  }
  void forget(wire::address const& client) override {
    if (relay()) {
      ask({.what = far_question::about::forget, .client = client});
    }
  }
  void stop() override { ask({.what = far_question::about::stop}); }
  std::uint64_t injected(std::string_view fault_id) const override {
    auto const& faults = at_.what_.faults;
    auto const found = std::ranges::find(faults, fault_id, &fault::fault_spec::id);
    return found == faults.end()
               ? 0
               : numbers_[tally_numbers + static_cast<std::size_t>(found - faults.begin())];
  }
  relay_tally relayed() const override {
    return {numbers_[0], numbers_[1], numbers_[2], static_cast<int>(numbers_[3])};
  }

 private:
  void ask(far_question what) {
    what.endpoint = static_cast<std::uint32_t>(endpoint_);
    auto const size = numbers_.size() * sizeof numbers_[0];
    if (!say(at_.line_.get(), &what, sizeof what) ||
        hear(at_.line_.get(), numbers_.data(), size) != size) {
      throw std::runtime_error{"the process of servers and relays has ended"};
    }
  }

  far_process& at_;
  std::size_t endpoint_;
  std::vector<std::uint64_t> numbers_;
};

far_process::far_process(scenario::scenario const& what) : what_{what} {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error{errno, std::system_category(), "a pair of sockets"};
  }
  line_ = wire::descriptor{ends[0]};
  wire::descriptor const far_line{ends[1]};
  id_ = ::fork();
  if (id_ < 0) {
    throw std::system_error{errno, std::system_category(), "a process for servers and relays"};
  }
  if (id_ == 0) {
    be_far_process(far_line.get(), what);
  }
  try {
    hear_of_start();
  } catch (...) {
    line_.close();
    ::waitpid(id_, nullptr, 0);
    throw;
  }
}

far_process::~far_process() {
  line_.close();
  ::waitpid(id_, nullptr, 0);
}

void far_process::hear_of_start() {
  while (sides_.size() < what_.endpoints.size()) {
    far_start told;
    told.went = far_start::how::other_error;
    hear(line_.get(), &told, sizeof told);
    std::string const text{told.text.data()};
    switch (told.went) {
    case far_start::how::started:
      sides_.push_back({told.has_server ? std::optional{told.server} : std::nullopt,
                        told.has_relay ? std::optional{told.relay} : std::nullopt});
      break;
    case far_start::how::unknown_host:
      throw unknown_host{text};
    case far_start::how::system_error:
      throw std::system_error{told.code, std::system_category(), text};
    case far_start::how::other_error:
      throw std::runtime_error{"the process of servers and relays did not start: " + text};
    }
  }
}

std::unique_ptr<far_side> far_process::side_of(std::size_t endpoint) {
  return has_far_side(what_, endpoint) ? std::make_unique<remote>(*this, endpoint) : nullptr;
}

} // namespace conecta::run
