#include "cli/bench_run.hpp"

#include "support/plain_socket.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace conecta::cli_test {

std::vector<std::string> conecta(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), CONECTA_BINARY);
  return arguments;
}

support::ended_process run_conecta(std::vector<std::string> arguments, std::string input) {
  support::process::surroundings around;
  around.input = std::move(input);
  return support::run_process(conecta(std::move(arguments)), std::move(around));
}

std::string tcp_url(wire::address const& where) { return "tcp://" + where.text(); }

std::string closed_tcp_url() {
  auto listener = support::plain_socket::listen_tcp();
  auto const where = listener.address();
  listener.close();
  return tcp_url(where);
}

json ping_scenario(std::string const& url, std::string const& duration) {
  return {{"version", 1},
          {"name", "a test"},
          {"endpoints", {{{"id", "server"}, {"url", url}}}},
          {"pool", {{"max_size", 8}, {"acquire_timeout", "500ms"}}},
          {"workload",
           {{"workers", 8},
            {"request_timeout", "100ms"},
            {"requests",
             {{{"name", "ping"},
               {"send", "PING\r\n"},
               {"reply", {{"until", "\r\n"}}},
               {"expect", {{"prefix", "+PONG"}}}}}}}},
          {"stages", {{{"name", "steady"}, {"duration", duration}}}}};
}

bench_result result_of(support::ended_process ended) {
  bench_result made{std::move(ended), {}};
  made.found = json::parse(made.process.out, nullptr, false);
  if (made.found.is_discarded()) {
    made.found = nullptr;
  }
  return made;
}

support::process start_bench(json const& scenario, std::vector<std::string> more) {
  more.insert(more.begin(), {"bench", "-", "--json", "-"});
  support::process::surroundings around;
  around.input = scenario.dump();
  return support::process{conecta(std::move(more)), std::move(around)};
}

bench_result run_bench(json const& scenario, std::vector<std::string> more) {
  return result_of(start_bench(scenario, std::move(more)).wait());
}

std::uint64_t bench_result::errors(std::string const& phase, std::string const& kind) const {
  std::uint64_t count = 0;
  for (auto const& row : found.at("errors")) {
    if (row.at("phase") == phase && row.at("kind") == kind) {
      count += row.at("count").get<std::uint64_t>();
    }
  }
  return count;
}

void require_sums(json const& found) {
  std::uint64_t failed = 0;
  for (auto const& row : found.at("errors")) {
    failed += row.at("count").get<std::uint64_t>();
  }
  auto const& requests = found.at("requests");
  auto const& pool = found.at("pool");
  INFO(requests.dump() << pool.dump() << found.at("errors").dump());
  CHECK(failed == requests.at("failed"));
  CHECK(requests.at("attempted") ==
        requests.at("succeeded").get<std::uint64_t>() + requests.at("failed").get<std::uint64_t>());
  CHECK(pool.at("opened") == pool.at("closed"));
  CHECK(pool.at("acquired") == pool.at("returned"));
}

} // namespace conecta::cli_test
