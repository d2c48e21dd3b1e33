#include "protocol/introduction.hpp"

#include "base/nearest.hpp"
#include "protocol/amqp.hpp"
#include "protocol/dns.hpp"
#include "protocol/http.hpp"
#include "protocol/memcached.hpp"
#include "protocol/mongodb.hpp"
#include "protocol/mqtt.hpp"
#include "protocol/mysql.hpp"
#include "protocol/nats.hpp"
#include "protocol/postgres.hpp"
#include "protocol/redis.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <span>
#include <utility>
#include <variant>

namespace conecta::protocol {

namespace {

using namespace std::literals;
using net::endpoint_url;
using net::url_error;
using introduced = boost::system::result<std::unique_ptr<conversation>, url_error>;

constexpr std::array redis_keys{"db"sv, "role"sv};
constexpr std::array postgres_keys{"query"sv, "sslmode"sv};
constexpr std::array ssl_modes{"disable"sv, "allow"sv,     "prefer"sv,
                               "require"sv, "verify-ca"sv, "verify-full"sv};
constexpr std::array mysql_keys{"query"sv};
constexpr std::array dns_keys{"type"sv};
constexpr std::array mongodb_keys{"role"sv};

std::span<std::string_view const> keys_of(net::protocol speaks) {
  switch (speaks) {
  case net::protocol::redis:
    return redis_keys;
  case net::protocol::postgres:
    return postgres_keys;
  case net::protocol::mysql:
    return mysql_keys;
  case net::protocol::dns:
    return dns_keys;
  case net::protocol::mongodb:
    return mongodb_keys;
  default:
    return {};
  }
}

std::optional<url_error> unknown_key(endpoint_url const& to,
                                     std::span<std::string_view const> known) {
  for (auto const& [key, value] : to.query) {
    if (std::find(known.begin(), known.end(), key) != known.end()) {
      continue;
    }
    std::string message = "the query of " + to.scheme + ":// has an unknown key";
    if (auto const meant = nearest_name(key, known)) {
      message += "; did you mean \"" + std::string{*meant} + "\"?";
    }
    message += known.empty() ? "; it takes none" : "; allowed:";
    for (auto const each : known) {
      message += (each == known.front() ? " \"" : ", \"") + std::string{each} + "\"";
    }
    return url_error{message};
  }
  return std::nullopt;
}

std::optional<url_error> password_of_nobody(endpoint_url const& to, std::string const& server) {
  return to.password && to.user.empty()
             ? std::optional{url_error{"a password of " + server + " needs a user"}}
             : std::nullopt;
}

introduced introduce_redis(endpoint_url const& to, level asks) {
  if (!to.user.empty() && !to.password) {
    return url_error{"a user of Redis has a password"};
  }
  if (to.query_value("role") && asks != level::query) {
    return url_error{"a role is asked for at the level query"};
  }
  redis_options options{.user = to.user, .password = to.password, .asks = asks};
  auto const database =
      to.socket_path.empty() ? std::string_view{to.path} : to.query_value("db").value_or("");
  if (!database.empty()) {
    auto const [end, problem] =
        std::from_chars(database.data(), database.data() + database.size(), options.database);
    if (problem != std::errc{} || end != database.data() + database.size()) {
      return url_error{"the database of Redis is a number from 0: redis://HOST/2, "
                       "redis+unix:///PATH?db=2"};
    }
  }
  if (auto const role = to.query_value("role")) {
    if (*role != "primary" && *role != "replica") {
      return url_error{"role is \"primary\" or \"replica\""};
    }
    options.wanted =
        *role == "primary" ? redis_options::role::primary : redis_options::role::replica;
  }
  return speak_redis(std::move(options));
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
}

introduced introduce_dns(endpoint_url const& to, level asks) {
  if (to.names_a_user) {
    return url_error{"DNS has no user and no password"};
  }
  auto const name = std::string_view{to.path};
  auto const plain = name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
  if (!is_dns_name(plain)) {
    return url_error{"what is looked up is a name, such as dns://SERVER/example.org"};
  }
  auto const type = dns_type(to.query_value("type").value_or(plain.empty() ? "NS" : "A"));
  if (!type) {
    return url_error{"type is A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT"};
  }
  return speak_dns({.name = std::string{plain},
                    .type = *type,
                    .asks = asks,
                    .has_lengths = to.kind == net::transport::tcp,
                    .id = static_cast<std::uint16_t>(std::random_device{}())});
}

introduced introduce_mongodb(endpoint_url const& to, level asks) {
  if (auto problem = password_of_nobody(to, "MongoDB")) {
    return *problem;
  }
  if (!to.path.empty() && to.user.empty()) {
    return url_error{"a database of MongoDB is that of its user: mongodb://USER@HOST/DATABASE"};
  }
  auto const role = to.query_value("role");
  if (role && *role != "primary" && *role != "secondary") {
    return url_error{"role is \"primary\" or \"secondary\""};
  }
  if (role && asks == level::auth) {
    return url_error{"a role is asked for at the levels handshake and query"};
  }
  return speak_mongodb({mongodb_role_in(to)});
}

introduced introduce_http(endpoint_url const& to, level asks, bool stays) {
  if (!is_printable(to.user + to.password.value_or(""))) {
    return url_error{"a user name and a password of HTTP have no control characters"};
  }
  if (to.user.find(':') != std::string::npos) {
    return url_error{"a user name of HTTP has no colon"};
  }
  http_options options;
  options.host = http_host(to);
  options.target = "/" + to.path;
  options.user = to.user;
  options.password = to.password;
  options.asks = asks;
  options.stays = stays;
  return speak_http(std::move(options));
}

std::optional<url_error> too_long(endpoint_url const& to, std::size_t most) {
  if (to.user.size() > most || to.password.value_or("").size() > most) {
    return url_error{"user and password have at most " + std::to_string(most) + " bytes"};
  }
  return std::nullopt;
}

} // namespace

level highest_level(endpoint_url const& to) noexcept {
  switch (to.speaks) {
  case net::protocol::mongodb:
  case net::protocol::mysql:
  case net::protocol::postgres:
  case net::protocol::amqp:
    return to.user.empty() ? level::handshake : level::query;
  case net::protocol::none:
    return level::connect;
  case net::protocol::dns:
    return to.path.empty() ? level::handshake : level::query;
  case net::protocol::http:
  case net::protocol::memcached:
  case net::protocol::mqtt:
  case net::protocol::nats:
  case net::protocol::redis:
    break;
  }
  return level::query;
}

introduced introduce(endpoint_url const& to, questions const& what) {
  auto const asks = what.asks.value_or(highest_level(to));
  if (auto problem = unknown_key(to, keys_of(to.speaks))) {
    return *problem;
  }
  if (to.query_value("db") && to.socket_path.empty()) {
    return url_error{"the database stands behind the slash: redis://HOST/2"};
  }
  switch (to.speaks) {
  case net::protocol::amqp:
    if (to.path.size() > 255) {
      return url_error{"a virtual host has at most 255 bytes"};
    }
    return speak_amqp({to.user, to.password.value_or(""), to.path, asks});
  case net::protocol::dns:
    return introduce_dns(to, asks);
  case net::protocol::http:
    return introduce_http(to, asks, what.stays);
  case net::protocol::memcached:
    if (to.names_a_user) {
      return url_error{"the text protocol of memcached has no user and no password"};
    }
    return speak_memcached();
  case net::protocol::mongodb:
    return introduce_mongodb(to, asks);
  case net::protocol::mqtt: {
    constexpr std::size_t most = 65'535;
    if (auto problem = password_of_nobody(to, "MQTT")) {
      return *problem;
    }
    if (auto problem = too_long(to, most)) {
      return *problem;
    }
    return speak_mqtt({to.user, to.password});
  }
  case net::protocol::mysql:
    if (!to.path.empty() && to.user.empty()) {
      return url_error{"a database of MySQL needs a user: mysql://USER@HOST/DATABASE"};
    }
    return speak_mysql();
  case net::protocol::nats:
    return speak_nats({to.user, to.password, asks});
  case net::protocol::postgres:
    if (auto problem = password_of_nobody(to, "PostgreSQL")) {
      return *problem;
    }
    if (auto const mode = to.query_value("sslmode");
        mode && std::ranges::find(ssl_modes, *mode) == ssl_modes.end()) {
      return url_error{"sslmode is disable, allow, prefer, require, verify-ca or verify-full"};
    }
    return speak_postgres({to.user, to.path});
  case net::protocol::redis:
    return introduce_redis(to, asks);
  case net::protocol::none:
    break;
  }
  return url_error{"nothing is known of what is spoken there"};
}

} // namespace conecta::protocol
