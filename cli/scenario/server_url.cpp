#include "scenario/server_url.hpp"

#include "scenario/wording.hpp"

#include <algorithm>
#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array supported{"tcp"sv, "udp"sv};
constexpr std::array later{"unix"sv,   "tls"sv,       "http"sv,     "https"sv, "redis"sv,
                           "rediss"sv, "memcached"sv, "postgres"sv, "mysql"sv, "mongodb"sv,
                           "dns"sv,    "nats"sv,      "mqtt"sv,     "amqp"sv};

} // namespace

std::optional<transport> transport_of_url(std::string_view url, std::string& error) {
  std::size_t const colon = url.find(':');
  std::string_view const scheme = url.substr(0, colon);
  if (colon == std::string_view::npos || !url.substr(colon).starts_with("://")) {
    error = "no scheme; allowed: a URL such as \"tcp://127.0.0.1:6379\"";
    return std::nullopt;
  }
  if (std::find(later.begin(), later.end(), scheme) != later.end()) {
    error = "the scheme " + in_quotes(scheme) + " is not supported yet; allowed: \"tcp\", \"udp\"";
    return std::nullopt;
  }
  if (std::find(supported.begin(), supported.end(), scheme) == supported.end()) {
    error = "unknown scheme" + did_you_mean(scheme, supported) + "; allowed: \"tcp\", \"udp\"";
    return std::nullopt;
  }
  return scheme == "tcp" ? transport::tcp : transport::udp;
}

} // namespace conecta::scenario
