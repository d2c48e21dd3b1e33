// `conecta probe` as a script has it: exit codes, what it prints, and when it returns.

#include "cli/bench_run.hpp"
#include "support/plain_socket.hpp"
#include "support/rude_server.hpp"
#include "support/temporary_file.hpp"
#include "target/server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace conecta;
using namespace conecta::cli_test;
using namespace std::chrono_literals;
using support::plain_socket;

namespace {

support::ended_process probe(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "probe");
  return cli_test::run_conecta(std::move(arguments));
}

} // namespace

TEST_CASE("a script reads from the exit code whether an endpoint is ready") {
  auto const listener = plain_socket::listen_tcp();
  auto const server = target::start({}); // an echo
  auto const echo = tcp_url(server->address());
  CHECK(probe({tcp_url(listener.address())}).code == 0);
  CHECK(probe({echo + "?send=hello%0A&expect=hel"}).code == 0);
  CHECK(probe({echo + "?send=hello%0A&expect=goodbye"}).code == 1);
  CHECK(probe({tcp_url(listener.address()) + "?send=x&expect=y", "--timeout", "50ms"}).code == 2);
  CHECK(probe({closed_tcp_url()}).code == 2);
  CHECK(probe({"tcp://no-such-host.invalid:1", "--timeout", "100ms"}).code == 3);
  CHECK(probe({closed_tcp_url(), "--wait", "250ms"}).code == 124);
}

TEST_CASE("usage that is wrong is 64, with what is allowed and without the URL") {
  auto const wrong = probe({"tcp://anna:geheim@h:1"});
  CHECK(wrong.code == 64);
  CHECK(wrong.out.empty());
  CHECK(wrong.err.find("geheim") == std::string::npos);
  CHECK(probe({}).code == 64);
  CHECK(probe({"udp://127.0.0.1:9"}).code == 64);
  CHECK(probe({"tcp://127.0.0.1:9", "--timeout", "soon"}).code == 64);
  CHECK(probe({"tcp://127.0.0.1:9", "--sni", "h"}).err.find("--sni: no URL is asked over TLS") !=
        std::string::npos);
  CHECK(probe({"tcp://127.0.0.1:9", "tls://127.0.0.1:9", "--sni", "h"}).code == 2);
  CHECK(probe({"--file", "-", "--password-fd", "0"}).code == 64);
  CHECK(probe({"tcp://127.0.0.1:9", "--"}).code == 64);
}

TEST_CASE("a command takes the place of a probe that succeeded, and of no other") {
  auto const listener = plain_socket::listen_tcp();
  auto const up = tcp_url(listener.address());
  auto const said = probe({up, "--", "sh", "-c", "read line; echo \"$line $0\"; exit 7", "ran"});
  CHECK(said.code == 7);
  CHECK(said.out == " ran\n"); // standard input is empty there
  CHECK(said.err.find("ready") != std::string::npos);
  auto const not_run = probe({closed_tcp_url(), "--", "echo", "ran"});
  CHECK(not_run.code == 2);
  CHECK(not_run.out.empty());
  CHECK(probe({up, "-q", "--", "/no/such/program"}).code == 127);
  CHECK(probe({up, "-q", "--", "/etc/passwd"}).code == 126);
  CHECK(probe({up, "-q", "--", "sh", "-c", "kill -TERM $$"}).code == 128 + SIGTERM);
  // It is left no descriptor of the probe's, and signals and limits as they were.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit const few{.rlim_cur = 64, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<std::string> const count{"sh", "-c", "ls /proc/self/fd | wc -l; trap; ulimit -Sn"};
  auto const inherited = probe({up, "-q", "--headroom", "50", "--", count[0], count[1], count[2]});
  CHECK(inherited.out == support::run_process(count).out);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("URLs come from a file, too, and its mistakes have their lines") {
  auto const listener = plain_socket::listen_tcp();
  support::temporary_file const list{"# ours\n\n  " + tcp_url(listener.address()) + "\r\n"};
  CHECK(probe({"--file", list.path()}).code == 0);
  CHECK(probe({closed_tcp_url(), "--file", list.path()}).code == 2);
  support::temporary_file const wrong{"tcp://a:1\ntcp://anna:geheim@h\n"};
  auto const told = probe({"--file", wrong.path()});
  CHECK(told.code == 64);
  CHECK(told.err.find(wrong.path() + ":2: ") != std::string::npos);
  CHECK(told.err.find("geheim") == std::string::npos);
  CHECK(probe({"--file", "/no/such/file"}).code == 66);
  CHECK(probe({"--file", "/"}).code == 66);
  CHECK(probe({}).code == 64);
}

TEST_CASE("so many successes in a row are waited for") {
  auto const listener = plain_socket::listen_tcp();
  auto const steady =
      probe({tcp_url(listener.address()), "--successes", "3", "--interval", "10ms", "--json"});
  CHECK(steady.code == 0);
  CHECK(json::parse(steady.out).at("targets").at(0).at("attempts") == 3);
  CHECK(probe({closed_tcp_url(), "--successes", "3"}).code == 2);
}

TEST_CASE("so many connections at once are held until the last is there, or the room is told") {
  target::target_options narrow;
  narrow.max_connections = 5;
  auto const server = target::start(narrow);
  auto const url = tcp_url(server->address()) + "?send=hello%0A&expect=hel";
  auto const fits = probe({url, "--headroom", "5", "--json"});
  CHECK(fits.code == 0);
  CHECK(json::parse(fits.out).at("targets")[0].at("headroom") == json{{"asked", 5}, {"held", 5}});
  REQUIRE(support::eventually([&] { return server->counts().open == 0; }));
  auto const full = probe({url, "--headroom", "6"});
  CHECK(full.code == 1);
  CHECK(full.out.find("  5 of 6 at once  ") != std::string::npos); // closed, or reset
  REQUIRE(support::eventually([&] { return server->counts().open == 0; }));
  CHECK(probe({url, "--headroom", "2", "--count", "2"}).code == 0);
}

TEST_CASE("each address of a name is a target of its own") {
  auto const here = plain_socket::listen_tcp(); // on 127.0.0.1 alone
  auto const port = std::to_string(here.address().port());
  auto const url = "tcp://localhost:" + port;
  CHECK(probe({url}).code == 0);
  auto const both = probe({url, "--each-address", "--json"});
  auto const found = json::parse(both.out).at("targets");
  auto const state_of = [&](std::string const& address) {
    for (auto const& each : found) {
      if (each.at("address") == address + ":" + port) {
        return each.at("state").get<std::string>();
      }
    }
    return std::string{};
  };
  CHECK(state_of("127.0.0.1") == "ready");
  bool const has_ipv6 = found.size() > 1; // of this host's name
  CHECK(state_of("[::1]") == (has_ipv6 ? "no_answer" : ""));
  CHECK(both.code == (has_ipv6 ? 2 : 0));
  CHECK(probe({url, "--each-address", "--any"}).code == 0);
  CHECK(probe({url, "--each-address", "-4"}).out.find(url + " (127.0.0.1)") != std::string::npos);
  CHECK(probe({url, "--each-address", "--quorum", "3"}).code == (has_ipv6 ? 2 : 1));
  CHECK(probe({"tcp://no-such-host.invalid:1", "--each-address"}).code == 3);
}

TEST_CASE("what accepts for nobody, or nobody, has no room") {
  CHECK(probe({closed_tcp_url(), "--headroom", "3"}).code == 2);
  CHECK(probe({"dns://127.0.0.1", "--headroom", "3"}).code == 64);
  CHECK(probe({closed_tcp_url(), "--headroom", "0"}).code == 64);
  auto const many = probe({"tcp://127.0.0.1:1", "--headroom", "100000"});
  bool const may = many.code == 2; // where so many descriptors may be had
  CHECK((may ||
         many.err.find("--headroom needs up to 100016 file descriptors") != std::string::npos));
  CHECK((may || many.code == 78));
}

TEST_CASE("a format, a file and a style of exit codes go together") {
  auto const listener = plain_socket::listen_tcp();
  auto const up = tcp_url(listener.address());
  CHECK(probe({up, "--format", "nagios"}).out.starts_with("CONECTA OK - "));
  CHECK(probe({closed_tcp_url(), "--format", "nagios"}).code == 2);
  CHECK(probe({"tcp://nonsense", "--format", "nagios"}).code == 3);
  CHECK(probe({closed_tcp_url(), "--exit-style", "docker"}).code == 1);
  CHECK(probe({up, "--format", "yaml"}).code == 64);
  CHECK(probe({up, "--format", "tap", "--json"}).code == 64);
  support::temporary_file const into{""};
  auto const written = probe({up, "--format", "prometheus", "-o", into.path()});
  CHECK(written.code == 0);
  CHECK(written.out.empty());
  CHECK(into.text().find("conecta_probe_success{") != std::string::npos);
}

TEST_CASE("an empty option is no option that is absent") {
  CHECK(probe({closed_tcp_url(), "--wait", ""}).code == 64);
  CHECK(probe({closed_tcp_url(), "--timeout", ""}).code == 64);
}

TEST_CASE("a probe that cannot print says so, with 73") {
  auto const listener = plain_socket::listen_tcp();
  support::process::surroundings full;
  full.output_to = "/dev/full";
  auto const ended =
      support::run_process(cli_test::conecta({"probe", tcp_url(listener.address())}), full);
  CHECK(ended.code == 73);
  CHECK(ended.err == "conecta probe: cannot write standard output: No space left on device\n");
  CHECK(support::run_process(cli_test::conecta({"--help"}), full).code == 73);
  CHECK(support::run_process(cli_test::conecta({"probe", "--help"}), full).code == 73);
  CHECK(support::run_process(cli_test::conecta({"--version"}), full).code == 73);
}

TEST_CASE("of several endpoints the worst decides, and each has a line") {
  auto const listener = plain_socket::listen_tcp();
  auto const found = probe({tcp_url(listener.address()), closed_tcp_url()});
  CHECK(found.code == 2);
  CHECK(std::count(found.out.begin(), found.out.end(), '\n') == 2);
  std::istringstream lines{found.out};
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
}

TEST_CASE("the JSON of a probe is one document") {
  auto const listener = plain_socket::listen_tcp();
  auto const found = probe({"--json", tcp_url(listener.address()), closed_tcp_url()});
  auto const read = json::parse(found.out);
  CHECK(read.at("schema") == "conecta.probe/1");
  CHECK(read.at("exit_code") == found.code);
  CHECK(read.at("targets").at(0).at("state") == "ready");
  CHECK(read.at("targets").at(1).at("reason") == "refused");
}

TEST_CASE("a wait ends when the port opens") {
  // Bound but not listening: it refuses, and nobody else can have the port meanwhile.
  auto const bound = wire::descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto const any = wire::address::loopback(wire::family::ipv4);
  REQUIRE(::bind(bound.get(), any.data(), any.size()) == 0);
  auto const url = tcp_url(wire::local_address(bound.get()));
  // The second target is asked after the first: once it is, the first was refused.
  auto const witness = plain_socket::listen_tcp();
  support::process waiting{
      cli_test::conecta({"probe", "--wait", "30s", "--json", url, tcp_url(witness.address())})};
  static_cast<void>(witness.accept());
  REQUIRE(::listen(bound.get(), 8) == 0);
  auto const found = waiting.wait(20s);
  CHECK(found.code == 0);
  auto const read = json::parse(found.out);
  CHECK(read.at("ready") == true);
  CHECK(read.at("targets").at(0).at("attempts") > 1);
}

TEST_CASE("an interrupt ends a wait at once, with 130") {
  auto const witness = plain_socket::listen_tcp();
  support::process waiting{
      cli_test::conecta({"probe", "--wait", "1h", closed_tcp_url(), tcp_url(witness.address())})};
  static_cast<void>(witness.accept()); // it is at work
  waiting.signal(SIGINT);
  CHECK(waiting.wait(5s).code == 130);
}

TEST_CASE("what was interrupted before it was decided is 130, and no command follows") {
  auto const witness = plain_socket::listen_tcp();
  support::process counting{cli_test::conecta({"probe", "--count", "1000", "--interval", "1h",
                                               tcp_url(witness.address()), "--", "echo", "ran"})};
  static_cast<void>(witness.accept());
  counting.signal(SIGINT);
  auto const ended = counting.wait(5s);
  CHECK(ended.code == 130);
  CHECK(ended.out.find("ran") == std::string::npos);
}

TEST_CASE("a list of URLs that has no end, or is none, is refused") {
  auto const endless = probe({"--file", "/dev/zero"});
  CHECK(endless.code == 64);
  CHECK(endless.err.find("/dev/zero:1: longer than 16 KiB") != std::string::npos);
}

TEST_CASE("an address of another family than the host's reaches nobody") {
  auto const here = plain_socket::listen_tcp();
  CHECK(probe({tcp_url(here.address()), "--source", "::1"}).code == 3);
  CHECK(probe({tcp_url(here.address()), "--source", "::1", "--invert"}).code != 0);
}

TEST_CASE("what a hostile server sends does not reach the terminal") {
  support::rude_server const hostile{support::rudeness::answers_garbage};
  auto const url = tcp_url(hostile.address()) + "?send=x%0A&expect=ok";
  auto const text = probe({url});
  CHECK(text.code == 1);
  CHECK(std::none_of(text.out.begin(), text.out.end(),
                     [](char c) { return c != '\n' && (c < ' ' || c == 0x7f); }));
  auto const document = probe({"--json", url});
  CHECK(document.out.find('\x1b') == std::string::npos);
  CHECK(json::parse(document.out).at("targets").at(0).at("reason") == "mismatch");
}

TEST_CASE("a server that floods, resets or closes has answered, and is not ready") {
  auto const manner =
      GENERATE(support::rudeness::floods, support::rudeness::resets_mid_reply,
               support::rudeness::closes_mid_reply, support::rudeness::closes_at_once);
  support::rude_server const rude{manner};
  CHECK(probe({tcp_url(rude.address()) + "?send=x%0A&expect=%2BPONG"}).code == 1);
}
