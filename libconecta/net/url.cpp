#include "net/url.hpp"

#include "base/nearest.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>
#include <stdexcept>

namespace conecta::net {
namespace {

using namespace std::literals;
using parsed = boost::system::result<endpoint_url, url_error>;

constexpr std::array known{"tcp"sv, "udp"sv};
constexpr std::array later{"unix"sv,       "tls"sv,    "http"sv,      "https"sv,
                           "redis"sv,      "rediss"sv, "memcached"sv, "postgres"sv,
                           "postgresql"sv, "mysql"sv,  "mongodb"sv,   "dns"sv,
                           "nats"sv,       "mqtt"sv,   "amqp"sv,      "target"sv};
constexpr auto allowed_schemes = "allowed: tcp://, udp://"sv;
constexpr std::size_t longest_url = 8192;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3 || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) {
      return std::nullopt;
    }
    out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
    i += 2;
  }
  return out;
}

std::string encoded(std::string_view text) {
  constexpr auto plain = "-._~+:/$!*(),;@"sv;
  std::string out;
  for (char const c : text) {
    if (is_letter(c) || is_digit(c) || plain.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
  }
  return out;
}

url_error wrong(std::string_view first, std::string_view second = {}, std::string_view third = {}) {
  std::string message{first};
  message += second;
  message += third;
  return {std::move(message)};
}

url_error bad_encoding(std::string_view where) {
  return wrong("a % in the ", where, " must be followed by two hex digits; write %25 for a %");
}

std::optional<url_error> read_scheme(std::string_view name, endpoint_url& into) {
  std::string lowered{name};
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lowered == "tcp" || lowered == "udp") {
    into.kind = lowered == "tcp" ? scheme::tcp : scheme::udp;
    return std::nullopt;
  }
  if (std::find(later.begin(), later.end(), lowered) != later.end()) {
    return wrong("the scheme \"" + lowered, "\" is not supported yet; ", allowed_schemes);
  }
  auto const meant = nearest_name(lowered, known);
  auto const hint = meant ? "; did you mean " + std::string{*meant} + "://?" : std::string{};
  return wrong("unknown scheme" + hint, "; ", allowed_schemes);
}

std::optional<url_error> read_user(std::string_view text, endpoint_url& into) {
  std::size_t const colon = text.find(':');
  auto user = decoded(text.substr(0, colon));
  if (!user) {
    return bad_encoding("user name");
  }
  into.user = *std::move(user);
  if (colon != std::string_view::npos) {
    into.password = decoded(text.substr(colon + 1));
    if (!into.password) {
      return bad_encoding("password");
    }
  }
  return std::nullopt;
}

std::optional<url_error> read_port(std::string_view text, endpoint_url& into) {
  unsigned port = 0;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size() || port == 0 ||
      port > 65535) {
    return wrong("the port must be a number from 1 to 65535");
  }
  into.port = static_cast<std::uint16_t>(port);
  return std::nullopt;
}

std::optional<url_error> check_ipv6(std::string const& host) {
  std::size_t const zone = host.find('%');
  in6_addr address{};
  if (::inet_pton(AF_INET6, host.substr(0, zone).c_str(), &address) != 1 ||
      zone == host.size() - 1) {
    return wrong("what stands in [ ] is no IPv6 address");
  }
  return std::nullopt;
}

// Letters, digits, hyphens, dots, and the underscores that container networks use.
std::optional<url_error> check_name(std::string const& host) {
  if (host.size() > 253) {
    return wrong("the host name is longer than 253 characters");
  }
  bool const numeric =
      std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
  in_addr address{};
  if (numeric && ::inet_pton(AF_INET, host.c_str(), &address) != 1) {
    return wrong("the host is no IPv4 address: it takes four numbers from 0 to 255");
  }
  bool const plain = std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
  if (!plain || host.front() == '-' || host.front() == '.' ||
      host.find("..") != std::string::npos) {
    return wrong("the host must be a name, an IPv4 address or an IPv6 address in [ ]");
  }
  return std::nullopt;
}

std::optional<url_error> read_host_and_port(std::string_view text, endpoint_url& into) {
  bool const bracketed = text.starts_with('[');
  std::size_t const close = bracketed ? text.find(']') : 0;
  if (close == std::string_view::npos) {
    return wrong("the [ before an IPv6 address has no ]");
  }
  std::size_t const colon = text.find(':', close);
  if (!bracketed && colon != std::string_view::npos &&
      text.find(':', colon + 1) != std::string_view::npos) {
    return wrong("an IPv6 address stands in brackets: [::1]:80");
  }
  if (bracketed && close + 1 != std::min(colon, text.size())) {
    return wrong("only a port may follow the ]");
  }
  auto host = decoded(bracketed ? text.substr(1, close - 1) : text.substr(0, colon));
  if (!host) {
    return bad_encoding("host");
  }
  if (host->empty()) {
    return wrong("the host is empty");
  }
  if (auto problem = bracketed ? check_ipv6(*host) : check_name(*host)) {
    return problem;
  }
  into.host = *std::move(host);
  if (colon == std::string_view::npos) {
    return wrong("the port is missing: ", name_of(into.kind), "://HOST:PORT");
  }
  return read_port(text.substr(colon + 1), into);
}

std::optional<url_error> read_query(std::string_view text, endpoint_url& into) {
  while (!text.empty()) {
    std::string_view const pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    std::size_t const equals = pair.find('=');
    auto key = decoded(pair.substr(0, equals));
    auto value = decoded(equals == std::string_view::npos ? ""sv : pair.substr(equals + 1));
    if (!key || !value) {
      return bad_encoding("query");
    }
    if (key->empty() || equals == std::string_view::npos) {
      return wrong("the query takes KEY=VALUE, several with & between them");
    }
    if (into.query_value(*key)) {
      return wrong("the query has a key twice");
    }
    into.query.emplace_back(*std::move(key), *std::move(value));
  }
  return std::nullopt;
}

} // namespace

std::string_view name_of(scheme value) noexcept { return known[static_cast<std::size_t>(value)]; }

std::optional<std::string_view> endpoint_url::query_value(std::string_view key) const noexcept {
  for (auto const& [name, value] : query) {
    if (name == key) {
      return value;
    }
  }
  return std::nullopt;
}

std::string endpoint_url::host_and_port() const {
  bool const ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string endpoint_url::to_string() const {
  std::string text{name_of(kind)};
  text += "://";
  if (!user.empty() || password) {
    text += encoded(user) + (password ? ":***@" : "@");
  }
  bool const ipv6 = host.find(':') != std::string::npos;
  text += (ipv6 ? "[" + encoded(host) + "]" : host) + ":" + std::to_string(port);
  for (auto const& [key, value] : query) {
    text += (&key == &query.front().first ? "?" : "&") + encoded(key) + "=" + encoded(value);
  }
  return text;
}

void throw_exception_from_error(url_error const& wrong, boost::source_location const&) {
  throw std::invalid_argument{wrong.message};
}

parsed parse_url(std::string_view text) {
  endpoint_url url;
  if (text.size() > longest_url) {
    return wrong("a URL has at most 8192 characters");
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c == 0x7f; })) {
    return wrong("a URL has no spaces, control characters or bytes beyond ASCII; "
                 "write them as %20");
  }
  std::size_t const colon = text.find("://");
  if (colon == std::string_view::npos) {
    return wrong("a URL begins with its scheme; ", allowed_schemes);
  }
  if (auto problem = read_scheme(text.substr(0, colon), url)) {
    return *problem;
  }
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) {
    return wrong("a URL of an endpoint has no #fragment; write %23 for a #");
  }
  std::size_t const question = text.find('?');
  std::string_view place = text.substr(0, question);
  std::string_view const query =
      question == std::string_view::npos ? std::string_view{} : text.substr(question + 1);
  if (std::size_t const at = place.rfind('@'); at != std::string_view::npos) {
    if (auto problem = read_user(place.substr(0, at), url)) {
      return *problem;
    }
    place.remove_prefix(at + 1);
  }
  if (std::size_t const slash = place.find('/'); slash != std::string_view::npos) {
    if (slash + 1 != place.size()) {
      return wrong("a ", name_of(url.kind), ":// URL has no path");
    }
    place.remove_suffix(1);
  }
  if (auto problem = read_host_and_port(place, url)) {
    return *problem;
  }
  if (auto problem = read_query(query, url)) {
    return *problem;
  }
  return url;
}

} // namespace conecta::net
