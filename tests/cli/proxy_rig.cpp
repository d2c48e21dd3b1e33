#include "cli/proxy_rig.hpp"

#include <csignal>
#include <stdexcept>
#include <utility>

namespace conecta::cli_test {

namespace {

wire::address address_in(json const& line, char const* key) {
  if (!line.contains(key)) {
    return {};
  }
  auto const url = line.at(key).get<std::string>();
  auto const port = url.substr(url.rfind(':') + 1);
  return wire::address::loopback(wire::family::ipv4, static_cast<std::uint16_t>(std::stoul(port)));
}

std::vector<std::string> command(std::string const& upstream, std::vector<std::string> more) {
  std::vector<std::string> all{"proxy", "--to", upstream};
  all.insert(all.end(), more.begin(), more.end());
  return cli_test::conecta(std::move(all));
}

/// One answer: up to the empty line, then as long as it says.
http_answer read_answer(support::plain_socket const& client) {
  http_answer answer;
  while (!answer.head.ends_with("\r\n\r\n")) {
    auto const next = client.receive(1);
    if (next.bytes.empty()) {
      return answer;
    }
    answer.head += next.bytes;
  }
  constexpr std::size_t status_at = 9; // behind "HTTP/1.1 "
  answer.status = std::stoi(answer.head.substr(status_at));
  std::string const length = "Content-Length: ";
  if (auto const found = answer.head.find(length); found != std::string::npos) {
    answer.body = client.receive(std::stoul(answer.head.substr(found + length.size()))).bytes;
  }
  return answer;
}

} // namespace

std::string http_answer::errors() const {
  std::string all;
  auto const whole = document();
  for (auto const& each : whole.at("errors")) {
    all += each.get<std::string>() + "\n";
  }
  return all;
}

http_answer ask_raw(wire::address const& server, std::string const& bytes, int answers) {
  auto const client = support::plain_socket::connect_tcp(server);
  client.send(bytes);
  for (int i = 1; i < answers; ++i) {
    static_cast<void>(read_answer(client));
  }
  return read_answer(client);
}

proxy::proxy(std::string const& upstream, std::vector<std::string> more)
    : process_{command(upstream, std::move(more))},
      line_(json::parse(process_.first_line())),
      address_{address_in(line_, "url")},
      control_{address_in(line_, "control")} {}

http_answer proxy::send(std::string const& method, std::string const& path,
                        std::string const& body) const {
  auto request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!body.empty()) {
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n";
  }
  return ask_raw(control_, request + "\r\n" + body);
}

std::uint64_t proxy::injected(std::string const& id) const {
  auto const now = status();
  for (auto const& each : now.at("faults")) {
    if (each.at("id") == id) {
      return each.at("injected").get<std::uint64_t>();
    }
  }
  throw std::runtime_error{"no fault " + id};
}

support::ended_process proxy::stop() {
  signal(SIGTERM);
  return process_.wait(std::chrono::seconds{10});
}

std::unique_ptr<target::server> echo_server(target::target_kind kind) {
  target::target_options options;
  options.kind = kind;
  return target::start(options);
}

} // namespace conecta::cli_test
