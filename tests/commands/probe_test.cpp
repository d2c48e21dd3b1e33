#include "commands/probe.hpp"
#include "commands/probe_report.hpp"
#include "commands/probing.hpp"

#include "support/plain_socket.hpp"
#include "target/server.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

using namespace conecta;
using namespace conecta::command;
using namespace std::chrono_literals;

namespace {

probe_target target_of(std::string const& url, probe_wishes const& wishes = {}) {
  auto parsed = parse_target(url, wishes);
  auto* const target = std::get_if<probe_target>(&parsed);
  INFO(url);
  REQUIRE(target != nullptr);
  return std::move(*target);
}

std::vector<probe_finding> probe(std::vector<std::string> const& urls, probe_limits limits = {},
                                 probe_wishes const& wishes = {}) {
  std::vector<probe_target> targets;
  for (auto const& url : urls) {
    targets.push_back(target_of(url, wishes));
  }
  return probe_all(targets, limits).all;
}

probe_limits limits_of(readiness wanted, std::size_t needed) {
  probe_limits made;
  made.policy = {wanted, needed};
  return made;
}

int code_of(std::vector<probe_finding> const& found) {
  return exit_code_of({found, {}}, limits_of(readiness::ready, found.size()));
}

std::string tcp(wire::address const& where) { return "tcp://" + where.text(); }

std::string closed_port() {
  auto listener = support::plain_socket::listen_tcp();
  auto const where = listener.address();
  listener.close();
  return tcp(where);
}

int run_command(std::vector<std::string> arguments) {
  CLI::App app;
  std::function<int()> action;
  add_probe(app, action);
  arguments.insert(arguments.begin(), "probe");
  std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them last first
  app.parse(arguments);
  return action();
}

} // namespace

TEST_CASE("a TCP port that accepts is ready, and nothing is sent to it") {
  auto const listener = support::plain_socket::listen_tcp();
  auto const found = probe({tcp(listener.address())});
  CHECK(found.at(0).state == readiness::ready);
  CHECK(found.at(0).address == listener.address().text());
  CHECK_FALSE(found.at(0).exchanging);
  CHECK(code_of(found) == 0);
}

TEST_CASE("a closed port gives no answer") {
  auto const found = probe({closed_port()});
  CHECK(found.at(0).state == readiness::no_answer);
  CHECK(found.at(0).reason == "refused");
  CHECK(code_of(found) == 2);
}

TEST_CASE("a server that answers something else is not ready") {
  target::target_options options;
  options.reply = "-LOADING\r\n";
  auto const server = target::start(options);
  auto const found = probe({tcp(server->address()) + "?send=PING%0D%0A&expect=+PONG"});
  CHECK(found.at(0).state == readiness::not_ready);
  CHECK(found.at(0).reason == "mismatch");
  CHECK(code_of(found) == 1);
}

TEST_CASE("a reply that begins otherwise is known at once, however long the expected one is") {
  target::target_options options;
  options.reply = "-NO\r\n";
  auto const server = target::start(options);
  auto const found = probe({tcp(server->address()) + "?send=x%0A&expect=a-much-longer-text"},
                           {.attempt = 1h, .wait = {}});
  CHECK(found.at(0).state == readiness::not_ready);
  CHECK(found.at(0).reason == "mismatch");
  CHECK(found.at(0).detail.find("-NO\r\n") != std::string::npos);
}

TEST_CASE("a name that does not resolve is not attempted") {
  auto const found = probe({"tcp://no-such-host.invalid:1"});
  CHECK(found.at(0).state == readiness::not_attempted);
  CHECK(code_of(found) == 3);
}

TEST_CASE("a server that accepts and stays silent gives no answer") {
  auto const listener = support::plain_socket::listen_tcp();
  auto const found =
      probe({tcp(listener.address()) + "?send=x&expect=y"}, {.attempt = 50ms, .wait = {}});
  CHECK(found.at(0).state == readiness::no_answer);
  CHECK(found.at(0).reason == "timeout");
}

TEST_CASE("only addresses of the family that is asked for are tried") {
  auto const listener = support::plain_socket::listen_tcp();
  auto const six = support::plain_socket::listen_tcp(wire::family::ipv6);
  auto const with = [](net::address_family only) {
    probe_wishes wishes;
    wishes.by.only = only;
    return wishes;
  };
  auto const ipv4 = with(net::address_family::ipv4);
  auto const ipv6 = with(net::address_family::ipv6);
  CHECK(probe({tcp(listener.address())}, {}, ipv4).at(0).state == readiness::ready);
  CHECK(probe({tcp(six.address())}, {}, ipv6).at(0).state == readiness::ready);
  auto const by_name =
      probe({"tcp://localhost:" + std::to_string(listener.address().port())}, {}, ipv4);
  CHECK(by_name.at(0).state == readiness::ready);
  CHECK(by_name.at(0).address == listener.address().text());
  for (auto const& other :
       {probe({tcp(listener.address())}, {}, ipv6), probe({tcp(six.address())}, {}, ipv4)}) {
    CHECK(other.at(0).state == readiness::not_attempted);
    CHECK(other.at(0).reason == "name");
  }
}

TEST_CASE("a connect to one address is given up before the attempt is") {
  auto const listener = wire::descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  auto const address = wire::local_address(listener.get());
  auto const fills = support::plain_socket::connect_tcp(address); // nobody accepts it
  probe_wishes wishes;
  wishes.by.connect_within = 50ms;
  auto const found = probe({tcp(address)}, {.attempt = 1h, .wait = {}}, wishes);
  CHECK(found.at(0).state == readiness::no_answer);
  CHECK(found.at(0).reason == "timeout");
  CHECK(found.at(0).took >= 50ms);
}

TEST_CASE("over UDP an answer is ready, another answer is not, silence is no answer") {
  target::target_options options;
  options.kind = target::target_kind::udp_echo;
  auto const server = target::start(options);
  auto const url = "udp://" + server->address().text();
  CHECK(probe({url + "?send=x&expect=x"}).at(0).state == readiness::ready);
  CHECK(probe({url + "?send=x&expect=y"}).at(0).state == readiness::not_ready);
  server->stop();
  auto const refused = probe({url + "?send=x&expect=x"});
  CHECK(refused.at(0).state == readiness::no_answer);
  CHECK(refused.at(0).reason == "refused");
}

TEST_CASE("of several targets each is told, in order, and the worst decides") {
  auto const listener = support::plain_socket::listen_tcp();
  auto const found = probe({tcp(listener.address()), closed_port(), tcp(listener.address())});
  CHECK(found.at(0).state == readiness::ready);
  CHECK(found.at(1).state == readiness::no_answer);
  CHECK(found.at(2).state == readiness::ready);
  CHECK(code_of(found) == 2);
}

TEST_CASE("more targets than are asked at once are all asked") {
  auto const listener = support::plain_socket::listen_tcp();
  auto const found = probe(std::vector<std::string>(200, tcp(listener.address())));
  CHECK(found.size() == 200);
  CHECK(code_of(found) == 0);
}

TEST_CASE("a wait that expires says so with 124, whatever the last attempt found") {
  auto const found = probe({closed_port()}, {.attempt = 1s, .wait = 450ms});
  CHECK(found.at(0).attempts > 1);
  CHECK(found.at(0).waiting == probe_finding::patience::expired);
  CHECK(code_of(found) == 124);
}

TEST_CASE("each that is asked so many times is as its worst answer") {
  auto const listener = support::plain_socket::listen_tcp();
  std::thread server([&listener] {
    for (std::string const greeting : {"220 hello", "554 go away", "220 hello"}) {
      listener.accept().send(greeting);
    }
  });
  auto const asked = tcp(listener.address()) + "?expect=220";
  auto const found = probe({asked, closed_port()}, {.attempt = 20s, .between = 1ms, .count = 3});
  server.join();
  auto const& greeted = found.at(0);
  CHECK(greeted.attempts == 3);
  CHECK(greeted.reason == "mismatch");
  REQUIRE(greeted.spread.has_value());
  CHECK(greeted.spread->as_wanted == 2);
  CHECK(greeted.spread->shortest <= greeted.spread->median);
  CHECK(greeted.spread->median <= greeted.spread->longest);
  CHECK(found.at(1).attempts == 3);
  CHECK(found.at(1).spread->as_wanted == 0);
  CHECK(code_of(found) == 2);
}

TEST_CASE("what is denied is not asked again, however often it was to be") {
  target::target_options options;
  options.reply = "-NOAUTH Authentication required.\r\n";
  auto const server = target::start(options);
  auto const found = probe({"redis://" + server->address().text()}, {.count = 3});
  CHECK(found.at(0).state == readiness::denied);
  CHECK(found.at(0).attempts == 1);
}

TEST_CASE("a wait ends with the first attempt that finds it ready") {
  auto const listener = support::plain_socket::listen_tcp();
  auto const found = probe({tcp(listener.address())}, {.attempt = 1s, .wait = 1h});
  CHECK(found.at(0).attempts == 1);
  CHECK(code_of(found) == 0);
}

TEST_CASE("what waiting does not change ends a wait at once") {
  target::target_options options;
  options.reply = "HTTP/1.1 400 Bad Request\r\n";
  auto const server = target::start(options);
  auto const found = probe({"redis://" + server->address().text()}, {.attempt = 1s, .wait = 1h});
  CHECK(found.at(0).state == readiness::other_protocol);
  CHECK(found.at(0).attempts == 1);
  CHECK(code_of(found) == 5);
}

TEST_CASE("a protocol is spoken with whoever answers, and what it says is the reason") {
  target::target_options options;
  options.reply = "-LOADING Redis is loading the dataset in memory\r\n";
  auto const server = target::start(options);
  auto const found = probe({"redis://" + server->address().text()});
  CHECK(found.at(0).state == readiness::not_ready);
  CHECK(found.at(0).reason == "loading");
  CHECK(found.at(0).exchanging.has_value());
}

TEST_CASE("enough that are ready end a wait, and so do too many that never will be") {
  auto const listener = support::plain_socket::listen_tcp();
  target::target_options options;
  options.reply = "HTTP/1.1 400 Bad Request\r\n";
  auto const foreign = target::start(options);
  auto const up = tcp(listener.address());
  auto const hopeless = "redis://" + foreign->address().text();
  probe_limits limits;
  limits.wait = 1h;
  limits.policy.needed = 1;
  CHECK(exit_code_of({probe({up, closed_port()}, limits), {}}, limits) == 0);
  limits.policy.needed = 2;
  CHECK(exit_code_of({probe({closed_port(), hopeless}, limits), {}}, limits) == 5);
}

TEST_CASE(
    "a wait is over in time for more targets than are asked at once, each of which is asked") {
  std::vector<std::string> const many(100, closed_port());
  auto const began = std::chrono::steady_clock::now();
  auto const found = probe(many, {.policy = {readiness::ready, 100}, .wait = 300ms});
  CHECK(std::chrono::steady_clock::now() - began < 2s);
  CHECK(std::all_of(found.begin(), found.end(), [](auto const& each) {
    return each.state == readiness::no_answer && each.attempts > 0;
  }));
}

TEST_CASE("a server that repeats the password does not get it printed") {
  auto const echo = target::start({});
  auto const found = probe({"redis://:c4nary@" + echo->address().text()});
  CHECK(found.at(0).detail.find("c4nary") == std::string::npos);
}

TEST_CASE("somebody who accepts for nobody is seen through, if that is asked") {
  auto const listener = support::plain_socket::listen_tcp();
  probe_wishes wishes;
  wishes.depth = protocol::level::handshake;
  auto const target = std::get<probe_target>(parse_target(tcp(listener.address()), wishes));
  std::jthread const forwarder{[&] { listener.accept().send("x"); }};
  auto const found = probe_all({target}, {.attempt = 10s}).all;
  CHECK(found.at(0).state == readiness::not_ready);
  CHECK(found.at(0).reason == "closed");
}

TEST_CASE("the policy says how many must be found, and how") {
  probe_finding ready;
  ready.state = readiness::ready;
  probe_finding gone;
  gone.state = readiness::no_answer;
  probe_finding denied;
  denied.state = readiness::denied;
  CHECK(exit_code_of({{ready, gone}, {}}, limits_of(readiness::ready, 1)) == 0);
  CHECK(exit_code_of({{ready, gone, denied}, {}}, limits_of(readiness::ready, 2)) == 4);
  CHECK(exit_code_of({{gone, gone}, {}}, limits_of(readiness::no_answer, 2)) == 0);
  CHECK(exit_code_of({{gone, ready}, {}}, limits_of(readiness::no_answer, 2)) == 1);
  CHECK(exit_code_of({{denied}, {}}, limits_of(readiness::no_answer, 1)) == 4); // it is there
  CHECK(exit_code_of({{ready, gone}, SIGTERM}, limits_of(readiness::ready, 2)) == 143);
  gone.waiting = probe_finding::patience::expired;
  CHECK(exit_code_of({{denied, gone}, {}}, limits_of(readiness::ready, 2)) ==
        4); // waiting could not help
  CHECK(exit_code_of({{ready, gone}, {}}, limits_of(readiness::ready, 2)) == 124);
}

TEST_CASE("URLs that cannot be probed are mistakes of usage") {
  CHECK(run_command({"udp://127.0.0.1:1"}) == 64);
  CHECK(run_command({"udp://127.0.0.1:1?send=x"}) == 64);
  CHECK(run_command({"tcp://127.0.0.1:1?sned=x"}) == 64);
  CHECK(run_command({"tcp://anna:pw@127.0.0.1:1"}) == 64);
  CHECK(run_command({"target://127.0.0.1:1"}) == 64);
  CHECK(run_command({"redis://127.0.0.1:1/two"}) == 64);
  CHECK(run_command({"redis://127.0.0.1:1?rule=primary"}) == 64);
  CHECK(run_command({"redis://127.0.0.1:1?role=boss"}) == 64);
  CHECK(run_command({"memcached://anna:pw@127.0.0.1:1"}) == 64);
  CHECK(run_command({"--level", "auth", "mysql://127.0.0.1:1"}) == 64);
  CHECK(run_command({"--level", "connect", "udp://127.0.0.1:1?send=a&expect=b"}) == 64);
  CHECK(run_command({"mysql://127.0.0.1:1/database"}) == 64);
  CHECK(run_command({"mysql://anna@127.0.0.1:1?sslmode=require"}) == 64);
  CHECK(run_command({"postgres://anna@127.0.0.1:1?sslmode=bogus"}) == 64);
  CHECK(run_command({"postgres://:pw@127.0.0.1:1"}) == 64);
  CHECK(run_command({"http://:a%0d%0ab@127.0.0.1:1"}) == 64);
  CHECK(run_command({"postgres://anna%00options@127.0.0.1:1"}) == 64);
  CHECK(run_command({"redis://anna@127.0.0.1:1"}) == 64);
  CHECK(run_command({"--level", "auth", "redis://127.0.0.1:1?role=primary"}) == 64);
  CHECK(run_command({"--level", "query", closed_port()}) == 64);
  CHECK(run_command({"--quorum", "2", closed_port()}) == 64);
  CHECK(run_command({"--interval", "0s", closed_port()}) == 64);
  CHECK(run_command({"--timeout", "5", closed_port()}) == 64);
  CHECK(run_command({"--timeout", "0s", closed_port()}) == 64);
  CHECK(run_command({"--wait", "soon", closed_port()}) == 64);
}

TEST_CASE("a line fits 80 columns, and says nothing twice") {
  probe_finding good;
  good.url = "tcp://127.0.0.1:65432";
  good.state = readiness::ready;
  good.address = "127.0.0.1:65432";
  good.connecting = 123456ns;
  good.exchanging = 234567ns;
  good.total = 345678ns;
  good.attempts = 1;
  CHECK(probe_text({good}) == "ready           tcp://127.0.0.1:65432  346 us "
                              "(connect 123 us, exchange 235 us)\n");
  good.url = "tcp://db:1"; // behind a name there is an address to tell, and a lookup
  good.exchanging.reset();
  good.resolving = 1ms;
  CHECK(probe_text({good}) == "ready           tcp://db:1  346 us "
                              "(dns 1.00 ms, connect 123 us), 127.0.0.1:65432\n");
  good.url = "tcp://127.0.0.1:65432";
  good.attempts = 10;
  good.spread = {.as_wanted = 10, .shortest = 101us, .median = 120us, .longest = 250us};
  CHECK(probe_text({good}) == "ready           tcp://127.0.0.1:65432  10 of 10, "
                              "101 us to 250 us, median 120 us\n");
}

TEST_CASE("the JSON is conecta.probe/1, and what a peer sent is safe in it") {
  probe_finding bad;
  bad.url = "tcp://h:1";
  bad.state = readiness::not_ready;
  bad.reason = "mismatch";
  bad.detail = "\x1b[31mred\xff";
  auto const json = nlohmann::json::parse(probe_json({bad}, 1));
  CHECK(json["schema"] == "conecta.probe/1");
  CHECK(json["ready"] == false);
  CHECK(json["exit_code"] == 1);
  CHECK(json["targets"][0]["state"] == "not_ready");
  CHECK(json["targets"][0]["reason"] == "mismatch");
  CHECK(json["targets"][0]["detail"] == "\\x1b[31mred\\xff");
  CHECK(json["targets"][0]["exchange_ns"].is_null());
  CHECK(probe_text({bad}).find('\x1b') == std::string::npos);
}
