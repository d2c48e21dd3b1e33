#include "scenario/server_url.hpp"

#include "protocol/client_session.hpp"
#include "protocol/introduction.hpp"

namespace conecta::scenario {

std::optional<net::endpoint_url> read_url(std::string_view text, std::string& error,
                                          net::schemes allowed) {
  auto parsed = net::parse_url(text, allowed);
  if (!parsed) {
    error = parsed.error().message;
    return std::nullopt;
  }
  if (protocol::has_client_library(parsed->speaks) && parsed->user.empty()) {
    error = "a session needs a user: " + parsed->scheme + "://USER@HOST/DATABASE";
    return std::nullopt;
  }
  if (protocol::has_client_library(parsed->speaks) && parsed->query_value("query")) {
    error = "a query is for conecta probe; give requests with the key \"sql\" instead";
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
