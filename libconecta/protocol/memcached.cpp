#include "protocol/memcached.hpp"

namespace conecta::protocol {

namespace {

class memcached_conversation final : public conversation {
 public:
  std::string begin() override { return "version\r\n"; }

  step hear(std::string_view unread) override {
    std::size_t size = 0;
    auto const line = first_line(unread, size);
    if (!line) {
      return {};
    }
    if (line->starts_with("VERSION ")) {
      return {.used = size, .end = ready()};
    }
    if (line->starts_with("ERROR Too many open connections")) {
      return {.end = unready("saturated", *line)};
    }
    if (line->starts_with("CLIENT_ERROR unauthenticated")) {
      return {.end = denied(*line)};
    }
    if (line->starts_with("SERVER_ERROR") || line->starts_with("CLIENT_ERROR")) {
      return {.end = unready("error", *line)};
    }
    return {.end = foreign("VERSION of memcached", unread)};
  }

  std::string farewell() override { return "quit\r\n"; }
};

} // namespace

std::unique_ptr<conversation> speak_memcached() {
  return std::make_unique<memcached_conversation>();
}

} // namespace conecta::protocol
