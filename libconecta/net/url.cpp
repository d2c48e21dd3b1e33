#include "net/url.hpp"

#include "base/nearest.hpp"
#include "net/scheme_table.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/un.h>
#include <variant>
#include <vector>

namespace conecta::net {
namespace {

using namespace std::literals;
using parsed = boost::system::result<endpoint_url, url_error>;

constexpr std::size_t longest_url = 8192;
constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;

bool is_among(scheme_row const& row, schemes allowed) {
  if (allowed == schemes::plain) {
    return row.speaks == protocol::none && (row.by == way::over_tcp || row.by == way::over_udp);
  }
  constexpr std::array poolable{protocol::none, protocol::http, protocol::mysql, protocol::postgres,
                                protocol::redis};
  return allowed == schemes::every || std::ranges::find(poolable, row.speaks) != poolable.end();
}

std::string listed(schemes allowed) {
  std::string text = "allowed: ";
  for (auto const& row : scheme_rows) {
    if (is_among(row, allowed)) {
      text += (&row == scheme_rows.data() ? "" : ", ") + std::string{row.name} + "://";
    }
  }
  return text;
}

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

constexpr auto plain_in_a_path = "-._~+:/$!*(),;"sv;
constexpr auto plain_in_a_user = "-._~+$!*(),;"sv;

std::string encoded(std::string_view text, std::string_view plain = plain_in_a_path) {
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

std::variant<scheme_row const*, url_error> read_scheme(std::string_view name, schemes allowed) {
  std::string lowered{name};
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  auto const* const row = std::find_if(scheme_rows.begin(), scheme_rows.end(),
                                       [&](auto const& each) { return each.name == lowered; });
  if (row != scheme_rows.end() && is_among(*row, allowed)) {
    return row;
  }
  if (row != scheme_rows.end() ||
      std::find(later_schemes.begin(), later_schemes.end(), lowered) != later_schemes.end()) {
    return wrong("the scheme \"" + lowered, "\" is not supported yet; ", listed(allowed));
  }
  std::vector<std::string_view> names;
  for (auto const& each : scheme_rows) {
    if (is_among(each, allowed)) {
      names.push_back(each.name);
    }
  }
  auto const meant = nearest_name(lowered, names);
  auto const hint = meant ? "; did you mean " + std::string{*meant} + "://?" : std::string{};
  return wrong("unknown scheme" + hint, "; ", listed(allowed));
}

std::optional<url_error> read_user(std::string_view text, endpoint_url& into) {
  std::size_t const colon = text.find(':');
  auto user = decoded(text.substr(0, colon));
  if (!user) {
    return bad_encoding("user name");
  }
  into.names_a_user = true;
  into.user = *std::move(user);
  if (colon != std::string_view::npos) {
    into.password = decoded(text.substr(colon + 1));
    if (!into.password) {
      return bad_encoding("password");
    }
  }
  if ((into.user + into.password.value_or("")).find('\0') != std::string::npos) {
    return wrong("a user name and a password have no NUL");
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

std::optional<url_error> read_host_and_port(std::string_view text, std::uint16_t usual_port,
                                            endpoint_url& into) {
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
    into.port = usual_port;
    return usual_port != 0
               ? std::nullopt
               : std::optional{wrong("the port is missing: ", into.scheme, "://HOST:PORT")};
  }
  return read_port(text.substr(colon + 1), into);
}

std::optional<url_error> read_socket_path(std::string_view text, endpoint_url& into) {
  auto path = decoded(text);
  if (!path) {
    return bad_encoding("path");
  }
  if (!path->starts_with('/') || path->size() > longest_socket_path ||
      path->find('\0') != std::string::npos) {
    return wrong("a socket's path begins with a slash and has at most " +
                     std::to_string(longest_socket_path),
                 " characters: ", into.scheme + ":///run/server.sock");
  }
  into.socket_path = *std::move(path);
  return std::nullopt;
}

std::optional<url_error> read_path(std::string_view text, path_use use, endpoint_url& into) {
  if (use == path_use::target) {
    into.path = text;
    return std::nullopt;
  }
  if (use == path_use::none && !text.empty()) {
    return wrong("", into.scheme, ":// has no path");
  }
  if (text.find('@') != std::string_view::npos) { // maybe what was meant for a password
    return wrong("a / in a user name or a password is written %2F, an @ in a path %40");
  }
  auto path = decoded(text);
  if (!path) {
    return bad_encoding("path");
  }
  if (path->find('\0') != std::string::npos) {
    return wrong("the path has a NUL");
  }
  into.path = *std::move(path);
  return std::nullopt;
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

std::optional<std::string_view> endpoint_url::query_value(std::string_view key) const noexcept {
  for (auto const& [name, value] : query) {
    if (name == key) {
      return value;
    }
  }
  return std::nullopt;
}

std::string endpoint_url::host_and_port() const {
  if (!socket_path.empty()) {
    return socket_path;
  }
  bool const ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string endpoint_url::to_string() const {
  std::string text = scheme + "://";
  if (names_a_user) {
    text += encoded(user, plain_in_a_user) + (password ? ":***@" : "@");
  }
  bool const ipv6 = host.find(':') != std::string::npos;
  text += !socket_path.empty()
              ? encoded(socket_path)
              : (ipv6 ? "[" + encoded(host) + "]" : host) + ":" + std::to_string(port);
  if (speaks == protocol::http) {
    auto const question = path.find('?');
    return text + "/" + path.substr(0, question) + (question == std::string::npos ? "" : "?***");
  }
  text += path.empty() ? "" : "/" + encoded(path);
  for (auto const& [key, value] : query) {
    text += (&key == &query.front().first ? "?" : "&") + encoded(key) + "=" + encoded(value);
  }
  return text;
}

void throw_exception_from_error(url_error const& wrong, boost::source_location const&) {
  throw std::invalid_argument{wrong.message};
}

parsed parse_url(std::string_view text, schemes allowed) {
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
    return wrong("a URL begins with its scheme; ", listed(allowed));
  }
  auto const named = read_scheme(text.substr(0, colon), allowed);
  if (auto const* const problem = std::get_if<url_error>(&named)) {
    return *problem;
  }
  auto const& row = *std::get<scheme_row const*>(named);
  url.scheme = row.name;
  url.kind = row.by == way::over_udp ? transport::udp : transport::tcp;
  url.speaks = row.speaks;
  url.secure = row.by == way::over_tls;
  text.remove_prefix(colon + 3);
  if (text.find('#') != std::string_view::npos) {
    return wrong("a URL of an endpoint has no #fragment; write %23 for a #");
  }
  std::size_t const question = row.path == path_use::target ? text.npos : text.find('?');
  std::string_view place = text.substr(0, question);
  std::string_view const query =
      question == text.npos ? std::string_view{} : text.substr(question + 1);
  if (row.by == way::socket_path) {
    if (auto const at = place.find('@'); !place.starts_with('/') && at != place.npos) {
      if (auto problem = read_user(place.substr(0, at), url)) {
        return *problem;
      }
      place.remove_prefix(at + 1);
    }
    auto problem = read_socket_path(place, url);
    problem = problem ? problem : read_query(query, url);
    return problem ? parsed{*problem} : parsed{std::move(url)};
  }
  auto const path_begins = std::min(place.find_first_of("/?"), place.size());
  auto path = place.substr(path_begins);
  place = place.substr(0, path_begins);
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  if (std::size_t const at = place.rfind('@'); at != std::string_view::npos) {
    if (auto problem = read_user(place.substr(0, at), url)) {
      return *problem;
    }
    place.remove_prefix(at + 1);
  }
  if (auto problem = read_host_and_port(place, row.port, url)) {
    return *problem;
  }
  if (auto problem = read_path(path, row.path, url)) {
    return *problem;
  }
  if (auto problem = read_query(query, url)) {
    return *problem;
  }
  return url;
}

} // namespace conecta::net
