#pragma once

// `conecta proxy` as a process before an embedded echo, and a plain HTTP client for its control API.

#include "cli/bench_run.hpp"
#include "support/plain_socket.hpp"
#include "target/server.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace conecta::cli_test {

struct http_answer {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] json document() const { return json::parse(body); }
  /// The errors of a refusal, a line each.
  [[nodiscard]] std::string errors() const;
};

/// Sends the bytes as they are; the answer to the last of `answers` requests.
[[nodiscard]] http_answer ask_raw(wire::address const& server, std::string const& bytes,
                                   int answers = 1);

class proxy {
 public:
  /// In front of `upstream`, an URL, with these arguments more.
  explicit proxy(std::string const& upstream, std::vector<std::string> more = {});

  [[nodiscard]] wire::address const& address() const noexcept { return address_; }
  [[nodiscard]] wire::address const& control() const noexcept { return control_; }
  [[nodiscard]] json const& line() const noexcept { return line_; }
  [[nodiscard]] support::plain_socket connect() const {
    return support::plain_socket::connect_tcp(address_);
  }

  [[nodiscard]] http_answer get(std::string const& path) const { return send("GET", path); }
  /// With `body` as application/json.
  [[nodiscard]] http_answer send(std::string const& method, std::string const& path,
                                 std::string const& body = {}) const;
  http_answer post(json const& fault) const { return send("POST", "/faults", fault.dump()); }
  http_answer put(json const& faults) const {
    return send("PUT", "/faults", json{{"faults", faults}}.dump());
  }
  http_answer remove(std::string const& id) const { return send("DELETE", "/faults/" + id); }
  /// Of GET /status.
  [[nodiscard]] json status() const { return get("/status").document(); }
  [[nodiscard]] std::uint64_t injected(std::string const& id) const;

  void signal(int number) const { process_.signal(number); }
  [[nodiscard]] support::ended_process stop();

 private:
  support::process process_;
  json line_;
  wire::address address_;
  wire::address control_;
};

[[nodiscard]] std::unique_ptr<target::server>
echo_server(target::target_kind kind = target::target_kind::tcp_echo);

} // namespace conecta::cli_test
