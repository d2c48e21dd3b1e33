#include "commands/probing.hpp"

#include "protocol/introduction.hpp"
#include "scenario/wording.hpp"

#include <array>
#include <utility>

namespace conecta::command {
namespace {

using namespace std::literals;

constexpr std::array query_keys{"send"sv, "expect"sv};

// Where the reply ends, when all that is known is how it begins.
net::reply_framing framing_for(net::transport kind, std::optional<std::string_view> expect) {
  if (kind == net::transport::tcp && expect && !expect->empty()) {
    return net::beginning{std::string{*expect}};
  }
  return net::one_datagram{}; // on TCP, whatever comes first
}

using parsed_target = std::variant<probe_target, net::url_error>;

/// What is asked of an endpoint of which nothing is known but how bytes travel.
parsed_target plain_target(net::endpoint_url url, probe_wishes const& wishes) {
  if (url.names_a_user) {
    return net::url_error{url.scheme + ":// has no user and no password"};
  }
  for (auto const& [key, value] : url.query) {
    if (key != "send" && key != "expect") {
      return net::url_error{"unknown key " + scenario::in_quotes(key) +
                            scenario::did_you_mean(key, query_keys) +
                            "; allowed: " + scenario::listed(query_keys)};
    }
  }
  auto const send = url.query_value("send");
  auto const expect = url.query_value("expect");
  if (url.kind == net::transport::udp && (!send || !expect)) {
    return net::url_error{"over UDP only an answer shows that somebody is there: "
                          "write udp://HOST:PORT?send=TEXT&expect=TEXT"};
  }
  if (expect && expect->size() > net::max_reply_size) {
    return net::url_error{"\"expect\" is longer than 1 MiB"};
  }
  probe_target made;
  if (send || expect) {
    probe_question asks;
    asks.send = send.value_or("");
    asks.reply = framing_for(url.kind, expect);
    if (expect) {
      asks.expect.prefix = std::string{*expect};
    }
    made.asks = std::move(asks);
  }
  made.depth = wishes.depth.value_or(made.asks ? protocol::level::query : protocol::level::connect);
  if (made.depth > protocol::level::handshake && !made.asks) {
    return net::url_error{"without a question it has the levels connect and handshake"};
  }
  if (made.depth <= protocol::level::handshake) {
    if (url.kind == net::transport::udp) {
      return net::url_error{"udp:// has only the level query"};
    }
    made.asks.reset();
  }
  made.by = wishes.by;
  made.url = std::move(url);
  return made;
}

/// A password of several targets is for those that name a user, if with nothing before the @, and
/// for Redis, whose password stands alone. A user of NATS without a password is a token.
void give_password(net::endpoint_url& url, std::optional<std::string> const& password) {
  bool const wants_one = url.names_a_user || url.speaks == net::protocol::redis;
  if (!url.password && wants_one && password) {
    url.names_a_user = true;
    url.password = password;
  }
  if (url.speaks == net::protocol::nats && !url.user.empty() && !url.password) {
    url.password = std::exchange(url.user, {});
  }
}

/// What the URL of a level beyond handshake has.
std::string_view more_levels_of(net::protocol speaks) {
  switch (speaks) {
  case net::protocol::dns:
    return ", and with a name query: dns://SERVER/NAME";
  default:
    return ", and with a user auth and query";
  }
}

} // namespace

parsed_target parse_target(std::string_view url, probe_wishes const& wishes) {
  auto parsed = net::parse_url(url);
  if (!parsed) {
    return parsed.error();
  }
  if (parsed->speaks == net::protocol::none) {
    return plain_target(*std::move(parsed), wishes);
  }
  give_password(*parsed, wishes.password);
  probe_target made;
  auto const highest = protocol::highest_level(*parsed);
  made.depth = wishes.depth.value_or(highest);
  if (made.depth > highest) {
    return net::url_error{"the levels of " + parsed->scheme + ":// are connect and handshake" +
                          std::string{more_levels_of(parsed->speaks)}};
  }
  if (parsed->kind == net::transport::udp && made.depth == protocol::level::connect) {
    return net::url_error{"over UDP only an answer shows that somebody is there"};
  }
  if (auto const mistaken = protocol::introduce(*parsed, {.asks = made.depth}); !mistaken) {
    return mistaken.error();
  }
  made.by = wishes.by;
  made.url = *std::move(parsed);
  return made;
}

} // namespace conecta::command
