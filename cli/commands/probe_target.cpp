#include "commands/probing.hpp"

#include "scenario/wording.hpp"

#include <array>
#include <utility>

namespace conecta::command {
namespace {

using namespace std::literals;

constexpr std::array query_keys{"send"sv, "expect"sv};

// Where the reply ends, when all that is known is how it begins.
net::reply_framing framing_for(net::scheme kind, std::optional<std::string_view> expect) {
  if (kind == net::scheme::tcp && expect && !expect->empty()) {
    return net::beginning{std::string{*expect}};
  }
  return net::one_datagram{}; // on TCP, whatever comes first
}

} // namespace

std::variant<probe_target, net::url_error> parse_target(std::string_view url) {
  auto parsed = net::parse_url(url);
  if (!parsed) {
    return parsed.error();
  }
  if (!parsed->user.empty() || parsed->password) {
    return net::url_error{"tcp:// and udp:// have no user and no password"};
  }
  for (auto const& [key, value] : parsed->query) {
    if (key != "send" && key != "expect") {
      return net::url_error{"unknown key " + scenario::in_quotes(key) +
                            scenario::did_you_mean(key, query_keys) +
                            "; allowed: " + scenario::listed(query_keys)};
    }
  }
  auto const send = parsed->query_value("send");
  auto const expect = parsed->query_value("expect");
  if (parsed->kind == net::scheme::udp && (!send || !expect)) {
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
    asks.reply = framing_for(parsed->kind, expect);
    if (expect) {
      asks.expect.prefix = std::string{*expect};
    }
    made.asks = std::move(asks);
  }
  made.url = *std::move(parsed);
  return made;
}

} // namespace conecta::command
