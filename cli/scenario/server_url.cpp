#include "scenario/server_url.hpp"

#include "protocol/introduction.hpp"

namespace conecta::scenario {

std::optional<net::endpoint_url> read_url(std::string_view text, std::string& error,
                                          net::schemes allowed) {
  auto parsed = net::parse_url(text, allowed);
  if (!parsed) {
    error = parsed.error().message;
    return std::nullopt;
  }
  if (parsed->speaks != net::protocol::none) {
    if (auto const known = protocol::introduce(*parsed, {.asks = protocol::level::auth}); !known) {
      error = known.error().message;
      return std::nullopt;
    }
    return *std::move(parsed);
  }
  if (parsed->names_a_user) {
    error = parsed->scheme + ":// has no user and no password";
    return std::nullopt;
  }
  if (!parsed->query.empty()) {
    error = "a query is for conecta probe; give the key \"check\" instead";
    return std::nullopt;
  }
  return *std::move(parsed);
}

} // namespace conecta::scenario
