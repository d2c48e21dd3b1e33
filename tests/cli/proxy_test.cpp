// `conecta proxy` before an ordinary server, seen by ordinary clients.

#include "cli/proxy_rig.hpp"
#include "fault/plan.hpp"
#include "support/temporary_file.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace conecta;
using namespace conecta::cli_test;
using namespace std::chrono_literals;
using support::plain_socket;
using support::temporary_file;

namespace {

json latency(std::string const& id, std::string const& delay) {
  return {{"id", id}, {"type", "latency"}, {"delay", delay}};
}

duration time_of_echo(plain_socket const& client) {
  auto const started = support::now();
  CHECK(client.ask("ping\n") == "ping\n");
  return support::now() - started;
}

} // namespace

TEST_CASE("a proxy says where it is, relays, and says what has passed") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  CHECK(before.line().at("to") == tcp_url(echo->address()));
  auto const client = before.connect();
  CHECK(client.ask("ping\n") == "ping\n");
  auto const status = before.status();
  CHECK(status.at("clients") == 1);
  CHECK(status.at("open") == 1);
  CHECK(status.at("upstream_bytes") == 5);
  CHECK(status.at("downstream_bytes") == 5);

  auto const ended = before.stop();
  CHECK(ended.code == 0);
  CHECK(ended.err.find("clients 1, unreachable 0, turned away 0, bytes up 5, bytes down 5") !=
        std::string::npos);
  CHECK(client.receive(1).ended);
}

TEST_CASE("a proxy relays datagrams, and drops them when told to") {
  auto const echo = echo_server(target::target_kind::udp_echo);
  proxy before{"udp://" + echo->address().text()};
  auto const client = plain_socket::connect_udp(before.address());
  client.send("kept");
  CHECK(client.receive_datagram().bytes == "kept");
  CHECK(before.post({{"id", "lossy"}, {"type", "loss"}}).status == 201);
  client.send("lost");
  REQUIRE(support::eventually([&] { return before.injected("lossy") == 1; }));
  CHECK(before.remove("lossy").status == 204);
  client.send("kept, too");
  CHECK(client.receive_datagram().bytes == "kept, too");
  auto const status = before.status();
  CHECK(status.at("upstream_bytes") == 17);
  CHECK(status.at("downstream_bytes") == 13); // what was lost did not pass
}

TEST_CASE("a proxy stands before the socket of a path, too") {
  std::string const path = "/tmp/conecta-proxy-test-" + std::to_string(::getpid());
  ::unlink(path.c_str());
  wire::descriptor const server{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto const where = wire::address::unix_path(path).value();
  REQUIRE(::bind(server.get(), where.data(), where.size()) == 0);
  REQUIRE(::listen(server.get(), 1) == 0);
  proxy before{"unix:" + path};
  auto const client = before.connect();
  client.send("ping");
  wire::descriptor const taken{::accept(server.get(), nullptr, nullptr)};
  char got[4];
  REQUIRE(::recv(taken.get(), got, sizeof got, MSG_WAITALL) == 4);
  CHECK(std::string_view{got, 4} == "ping");
  ::unlink(path.c_str());
}

TEST_CASE(
    "faults of a file begin with the proxy, at their offset, and last until they are removed") {
  auto const echo = echo_server();
  temporary_file const file{R"({ "faults": [ // one that lasts, and one that comes
    { "id": "slow", "type": "latency", "delay": "30ms" },
    { "id": "cut", "type": "reset", "at": "400ms", "for": "1h" } ] })"};
  proxy before{tcp_url(echo->address()), {"--faults", file.path()}};
  auto const client = before.connect();
  CHECK(time_of_echo(client) >= 30ms);
  CHECK(client.receive(1).error == ECONNRESET);
  CHECK(before.injected("cut") == 1);
  CHECK(before.injected("slow") >= 1);
  CHECK(before.stop().err.find("fault cut: reset, injected 1 time\n") != std::string::npos);
}

TEST_CASE("a fault that is added counts from the request, and strikes live connections") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  auto const client = before.connect();
  CHECK(client.ask("ping\n") == "ping\n");

  SECTION("a reset is a real one") {
    CHECK(before.post({{"id", "cut"}, {"type", "reset"}}).status == 201);
    CHECK(client.receive(1).error == ECONNRESET);
  }
  SECTION("a latency comes and goes") {
    CHECK(before.post(latency("slow", "40ms")).status == 201);
    CHECK(time_of_echo(client) >= 40ms);
    CHECK(before.remove("slow").status == 204);
    CHECK(client.ask("ping\n") == "ping\n");
    CHECK(before.status().at("faults").empty());
  }
  SECTION("an offset is kept") {
    auto const asked = support::now();
    auto fault = json{{"id", "cut"}, {"type", "reset"}, {"at", "100ms"}, {"for", "1s"}};
    CHECK(before.post(fault).status == 201);
    CHECK(client.receive(1).error == ECONNRESET);
    CHECK(support::now() - asked >= 100ms);
  }
  SECTION("a window ends by itself") {
    auto fault = latency("slow", "1ms");
    fault["for"] = "20ms";
    CHECK(before.post(fault).status == 201);
    CHECK(
        support::eventually([&] { return before.status().at("faults")[0].at("active") == false; }));
  }
}

TEST_CASE("the whole set is exchanged in one step: what stays goes on, nothing slips through") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address())};
  auto const client = before.connect();
  CHECK(client.ask("ping\n") == "ping\n");
  auto const hole = [](std::string const& id) { return json{{"id", id}, {"type", "blackhole"}}; };
  REQUIRE(before.put(json::array({hole("first")})).status == 200);
  client.send("held\n");
  // One takes over from the other, a third one stays: at no time does a byte pass.
  REQUIRE(before.put(json::array({hole("second"), latency("slow", "1us")})).status == 200);
  REQUIRE(before.put(json::array({latency("slow", "1us"), hole("third")})).status == 200);
  CHECK(before.injected("third") >= 1);
  CHECK(before.status().at("upstream_bytes") == 5);
  REQUIRE(before.put(json::array({latency("slow", "1us")})).status == 200);
  CHECK(client.receive(5).bytes == "held\n");
  CHECK(before.injected("slow") == 1); // since it was put first

  auto const listed = before.get("/faults").document();
  REQUIRE(listed.at("faults").size() == 1);
  CHECK(listed.at("faults")[0].at("distribution") == "uniform");
  CHECK(before.send("PUT", "/faults", listed.dump()).document() == listed);
  CHECK(before.injected("slow") == 1);
}

TEST_CASE("what the file has from the environment is shown with its value, and can be put back") {
  auto const echo = echo_server();
  REQUIRE(::setenv("CONECTA_TEST_DELAY", "40ms", 1) == 0);
  temporary_file const file{R"({"faults": [
    {"id": "${CONECTA_TEST_DELAY} $${literally}", "type": "latency", "delay": "${CONECTA_TEST_DELAY}"}
  ]})"};
  proxy before{tcp_url(echo->address()), {"--faults", file.path()}};
  auto const client = before.connect();
  CHECK(time_of_echo(client) >= 40ms);
  auto const listed = before.get("/faults").document();
  CHECK(listed.at("faults")[0].at("id") == "40ms $${literally}");
  CHECK(listed.at("faults")[0].at("delay") == "40ms");
  auto const put = before.send("PUT", "/faults", listed.dump());
  CHECK(put.status == 200);
  CHECK(put.document() == listed);
  CHECK(before.injected("40ms ${literally}") >= 1); // it is the same one, and goes on
}

TEST_CASE("whom a fault hits does not change when others come and go") {
  auto const echo = echo_server();
  proxy before{tcp_url(echo->address()), {"--seed", "7"}};
  std::vector<plain_socket> clients;
  for (int i = 0; i < 24; ++i) {
    clients.push_back(before.connect());
    REQUIRE(clients.back().ask("ping\n") == "ping\n");
  }
  auto const hole = json{{"id", "some"}, {"type", "blackhole"}, {"probability", 0.5}};
  REQUIRE(before.post(hole).status == 201);
  auto const hit = before.injected("some");
  CHECK(hit > 0);
  CHECK(hit < clients.size());
  // The plan of the same seed says which.
  fault::fault_spec spec;
  spec.id = "some";
  spec.probability = 0.5;
  fault::plan const drawn{{spec}, 0, 7};
  auto const serves_the_others = [&] {
    std::uint64_t silent = 0;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (drawn.hits_connection(0, i)) {
        ++silent;
      } else {
        CHECK(clients[i].ask("ping\n") == "ping\n");
      }
    }
    CHECK(silent == hit);
  };
  serves_the_others();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(before.post(latency("other", "1us")).status == 201);
    serves_the_others();
    REQUIRE(before.remove("other").status == 204);
    serves_the_others();
  }
  CHECK(before.injected("some") == hit);
  REQUIRE(before.remove("some").status == 204);
  REQUIRE(before.post(hole).status == 201);
  CHECK(before.injected("some") == hit);
  serves_the_others();
}

TEST_CASE("SIGHUP reads the file again, and a bad one keeps the old faults and says so") {
  auto const echo = echo_server();
  temporary_file const file{R"({"faults": [{"id": "a", "type": "latency", "delay": "1us"}]})"};
  proxy before{tcp_url(echo->address()), {"--faults", file.path()}};
  auto const ids = [&] {
    std::string all;
    auto const status = before.status();
    for (auto const& each : status.at("faults")) {
      all += each.at("id").get<std::string>();
    }
    return all;
  };
  CHECK(ids() == "a");
  file.write(R"({"faults": [{"id": "b", "type": "slicer"}, {"id": "a", "type": "slicer"}]})");
  before.signal(SIGHUP);
  CHECK(support::eventually([&] { return ids() == "ba"; }));

  file.write(
      "{\"faults\": [{\"id\": \"c\", \"type\": \"slice\"},\n {\"type\": \"close\", \"x\": 1}]}");
  before.signal(SIGHUP);
  auto const ended = before.stop(); // signals are taken in order of their number: SIGHUP is first
  CHECK(ended.code == 0);
  CAPTURE(ended.err);
  CHECK(ended.err.find("again: 2 faults") != std::string::npos);
  CHECK(ended.err.find(":1: /faults/0/type: found \"slice\"; did you mean \"slicer\"?") !=
        std::string::npos);
  CHECK(ended.err.find(":2: /faults/1/x: unknown key") != std::string::npos);
  CHECK(ended.err.find(":2: /faults/1: the key \"id\" is missing") != std::string::npos);
  CHECK(ended.err.find("the faults stay as they are") != std::string::npos);
  CHECK(ended.err.find("fault b: slicer, injected 0 times") != std::string::npos);
}

TEST_CASE("what other machines can reach is warned of, and the control can be left out") {
  auto const echo = echo_server();
  proxy open{tcp_url(echo->address()), {"--listen", "0.0.0.0:0", "--control", "0.0.0.0:0"}};
  auto const ended = open.stop();
  auto const first = ended.err.find("warning: other machines can reach 0.0.0.0:");
  REQUIRE(first != std::string::npos);
  CHECK(ended.err.find("warning: other machines can reach 0.0.0.0:", first + 1) !=
        std::string::npos);

  proxy alone{tcp_url(echo->address()), {"--control", "off"}};
  CHECK_FALSE(alone.line().contains("control"));
  alone.signal(SIGHUP);
  CHECK(alone.stop().err.find("there is no file to be read again") != std::string::npos);
}

TEST_CASE("a proxy that cannot be is refused with a reason") {
  temporary_file const bad{R"({"faults": [{"id": "a", "type": "loss"}]})"};
  auto const taken = plain_socket::listen_tcp();
  struct refusal {
    std::vector<std::string> arguments;
    int code;
    std::string reason;
  };
  std::string const to = "tcp://127.0.0.1:1";
  std::vector<refusal> const all{
      {{}, 64, "--to is required"},
      {{"--to", "here"}, 64, "--to \"here\": "},
      {{"--to", "here"}, 64, "allowed: tcp://, udp://, unix:PATH"},
      {{"--to", "unix:"}, 64, "unix:/run/server.sock"},
      {{"--to", to, "--listen", "80"}, 64, "--listen 80: allowed: ADDRESS"},
      {{"--to", to, "--control", "on"}, 64, "--control on: allowed: ADDRESS"},
      {{"--to", to, "--faults", "/nowhere"}, 66, "/nowhere: cannot be read"},
      {{"--to", to, "--faults", bad.path()}, 65, "and the proxy is TCP; allowed: \"latency\""},
      {{"--to", to, "--listen", taken.address().text()}, 69, "Address already in use"},
      {{"--to", to, "--control", taken.address().text()}, 69, "Address already in use"},
  };
  for (auto const& each : all) {
    auto arguments = each.arguments;
    arguments.insert(arguments.begin(), "proxy");
    auto const ended = support::run_process(cli_test::conecta(arguments));
    CAPTURE(arguments, ended.err);
    CHECK(ended.code == each.code);
    CHECK(ended.out.empty());
    CHECK(ended.err.find(each.reason) != std::string::npos);
  }
}
