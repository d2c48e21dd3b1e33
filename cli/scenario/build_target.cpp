#include "scenario/build_target.hpp"

#include "scenario/exchange.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace conecta::scenario {

namespace {

using namespace std::literals;

using target::target_kind;

constexpr std::array kinds{std::pair{"tcp-echo"sv, target_kind::tcp_echo},
                           std::pair{"udp-echo"sv, target_kind::udp_echo},
                           std::pair{"http"sv, target_kind::http},
                           std::pair{"memcached"sv, target_kind::memcached},
                           std::pair{"mysql"sv, target_kind::mysql},
                           std::pair{"postgres"sv, target_kind::postgres},
                           std::pair{"redis"sv, target_kind::redis}};

} // namespace

std::optional<target::target_options> read_target(located const& from, problem_list& problems) {
  auto const kind = read_choice(from["kind"], kinds);
  if (!kind) {
    return std::nullopt;
  }
  target::target_options options;
  options.kind = *kind;
  if (auto const bytes = read_size(from["frame"]["bytes"])) {
    options.frame = target::byte_frames{*bytes};
  }
  if (from["reply"]) {
    options.reply = read_fixed_bytes(from["reply"], problems);
    if (options.reply && transport_of(*kind) == net::transport::udp) {
      check_datagram(from["reply"], *options.reply, problems);
    }
  }
  assign(options.reply_delay, read_duration(from["reply_delay"]));
  options.max_connections = read_size(from["max_connections"]);
  options.idle_disconnect = read_duration(from["idle_disconnect"]);
  options.close_after = read_size(from["close_after"]);
  return options;
}

net::transport transport_of(target::target_kind kind) noexcept {
  return kind == target_kind::udp_echo ? net::transport::udp : net::transport::tcp;
}

net::protocol spoken_by(target::target_kind kind) noexcept {
  switch (kind) {
  case target_kind::http:
    return net::protocol::http;
  case target_kind::memcached:
    return net::protocol::memcached;
  case target_kind::mysql:
    return net::protocol::mysql;
  case target_kind::postgres:
    return net::protocol::postgres;
  case target_kind::redis:
    return net::protocol::redis;
  case target_kind::tcp_echo:
  case target_kind::udp_echo:
    break;
  }
  return net::protocol::none;
}

std::string_view errors_of(target::target_kind kind) noexcept {
  switch (kind) {
  case target_kind::http:
    return "a status from 400 to 599";
  case target_kind::memcached:
    return "ERROR, CLIENT_ERROR or SERVER_ERROR";
  case target_kind::mysql:
    return "a number from 1000 to 1999 or 3000 to 9999";
  case target_kind::postgres:
    return "an SQLSTATE of five digits and capital letters";
  case target_kind::redis:
    return "a word of capital letters";
  case target_kind::tcp_echo:
  case target_kind::udp_echo:
    break;
  }
  return {};
}

bool has_error(target::target_kind kind, std::string_view code) {
  auto const all_of = [code](auto const& allowed) { return std::ranges::all_of(code, allowed); };
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto const is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  auto const number =
      all_of(is_digit) && code.size() < 6 && !code.empty() ? std::stoi(std::string{code}) : -1;
  switch (kind) {
  case target_kind::http:
    return number >= 400 && number <= 599;
  case target_kind::memcached:
    return code == "ERROR" || code == "CLIENT_ERROR" || code == "SERVER_ERROR";
  case target_kind::mysql: // those between are the client's own
    return (number >= 1000 && number <= 1999) || (number >= 3000 && number <= 9999);
  case target_kind::postgres:
    return code.size() == 5 && all_of([&](char c) { return is_digit(c) || is_capital(c); });
  case target_kind::redis:
    return !code.empty() && all_of(is_capital);
  case target_kind::tcp_echo:
  case target_kind::udp_echo:
    break;
  }
  return false;
}

} // namespace conecta::scenario
