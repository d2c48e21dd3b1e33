// Local ports that somebody else chose.

#include "net/conversation.hpp"
#include "net/error_kind.hpp"
#include "run/source_ports.hpp"
#include "target/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

using namespace conecta;
using namespace conecta::net;
using conecta::test::url_of;
namespace asio = boost::asio;

namespace {

struct few_ports final : dial_rules {
  lookup next_lookup() override { return {}; }
  std::optional<std::span<std::uint16_t const>> next_ports() override { return ports; }

  std::vector<std::uint16_t> ports;
};

std::unique_ptr<target::server> serve(transport kind, wire::family version) {
  target::target_options options;
  options.kind =
      kind == transport::tcp ? target::target_kind::tcp_echo : target::target_kind::udp_echo;
  return target::start(options, wire::address::loopback(version));
}

struct dialler {
  asio::io_context context;
  wire_counters counters;
  std::vector<connection> made;

  /// What it failed with.
  error_code dial(endpoint_url const& to, dial_rules& rules) {
    error_code problem;
    auto coroutine = establish_into(*this, to, rules);
    asio::co_spawn(context, std::move(coroutine), [&problem](std::exception_ptr thrown) {
      try {
        if (thrown) {
          std::rethrow_exception(thrown);
        }
      } catch (boost::system::system_error const& said) {
        problem = said.code();
      }
    });
    context.restart();
    context.run_for(std::chrono::seconds{10});
    return problem;
  }

  static asio::awaitable<void> establish_into(dialler& self, endpoint_url to, dial_rules& rules) {
    auto const executor = self.context.get_executor();
    dial_options const how{.rules = &rules};
    auto establishing = establish(executor, std::move(to), self.counters, never, how);
    connection one = co_await std::move(establishing);
    self.made.push_back(std::move(one));
  }
};

} // namespace

TEST_CASE("connections come from the ports that they may have, one each, and then from none") {
  auto const kind = GENERATE(transport::tcp, transport::udp);
  auto const version = GENERATE(wire::family::ipv4, wire::family::ipv6);
  auto const server = serve(kind, version);
  few_ports rules;
  rules.ports = run::free_ports(3, kind);
  dialler client;
  auto const url = url_of(kind, server->address());
  std::set<std::uint16_t> used;
  for (int i = 0; i < 3; ++i) {
    REQUIRE_FALSE(client.dial(url, rules));
    used.insert(wire::local_address(client.made.back().handle()).port());
  }
  CHECK(used == std::set<std::uint16_t>(rules.ports.begin(), rules.ports.end()));
  auto const refused = client.dial(url, rules);
  CHECK(classify(refused) == error_kind::no_port);

  SECTION("to another server the same ports can be used over TCP") {
    auto const other = serve(kind, version);
    auto const again = client.dial(url_of(kind, other->address()), rules);
    CHECK(again.failed() == (kind == transport::udp));
  }
  SECTION("no port at all is no port") {
    rules.ports.clear();
    CHECK(classify(client.dial(url, rules)) == error_kind::no_port);
  }
}
