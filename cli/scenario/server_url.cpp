#include "scenario/server_url.hpp"

namespace conecta::scenario {

std::optional<net::endpoint_url> read_url(std::string_view text, std::string& error) {
  auto parsed = net::parse_url(text, net::schemes::tcp_and_udp);
  if (!parsed) {
    error = parsed.error().message;
    return std::nullopt;
  }
  if (!parsed->user.empty() || parsed->password) {
    error = "tcp:// and udp:// have no user and no password";
    return std::nullopt;
  }
  if (!parsed->query.empty()) {
    error = "a query is for conecta probe; give the key \"check\" instead";
    return std::nullopt;
  }
  return *std::move(parsed);
}

} // namespace conecta::scenario
