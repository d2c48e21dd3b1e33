// Bytes as what a server says: the first chooses the protocol, the second what is asked and how the
// rest is cut. Whatever it says, a conversation uses no more than there is, ends or waits, and its
// verdict gives a reason unless it is ready.

#include "protocol/dns.hpp"
#include "protocol/introduction.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace conecta;

void demand(bool holds, char const* what) {
  if (!holds) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

constexpr std::array urls{ // the corpus counts them: new ones at the end
    "amqp://h",
    "amqp://u:p@h/v",
    "http://h/",
    "http://u:p@h/",
    "memcached://h",
    "mqtt://u:p@h",
    "mysql://h",
    "nats://h",
    "nats://:token@h",
    "postgres://h",
    "redis://:p@h/1?role=primary",
    "redis://h",
    "dns://h/example.test",
    "mongodb://h?role=primary",
};
constexpr std::array levels{protocol::level::handshake, protocol::level::auth,
                            protocol::level::query};

void judge(protocol::verdict const& end) {
  demand((end.is == protocol::standing::ready) == end.reason.empty(), "a verdict without a reason");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  auto const url = net::parse_url(urls[data[0] % urls.size()]).value();
  auto const asks = std::min(levels[data[1] % levels.size()], protocol::highest_level(url));
  auto introduced = protocol::introduce(url, {.asks = asks});
  if (!introduced) { // a role is asked for at the level query alone
    return 0;
  }
  // With a number that is the same each time.
  auto const talk =
      url.speaks == net::protocol::dns
          ? protocol::speak_dns(
                {.name = url.path, .type = 1, .asks = asks, .has_lengths = true, .id = 0x1234})
          : *std::move(introduced);
  auto const cut = std::size_t{1} + data[1] / levels.size();
  std::string_view const all{reinterpret_cast<char const*>(data + 2), size - 2};
  static_cast<void>(talk->begin());
  std::string unread;
  for (std::size_t at = 0; at < all.size(); at += cut) {
    unread += all.substr(at, cut);
    while (!unread.empty()) {
      auto const made = talk->hear(unread);
      demand(made.used <= unread.size(), "used more than there was");
      if (made.end) {
        judge(*made.end);
        static_cast<void>(talk->farewell());
        return 0;
      }
      unread.erase(0, made.used);
      if (made.used == 0) {
        break;
      }
    }
  }
  judge(talk->closed(unread));
  return 0;
}
