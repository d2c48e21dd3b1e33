#include "scenario/build_target.hpp"

#include "scenario/exchange.hpp"

namespace conecta::scenario {

namespace {

using namespace std::literals;

constexpr std::array kinds{std::pair{"tcp-echo"sv, target::target_kind::tcp_echo},
                           std::pair{"udp-echo"sv, target::target_kind::udp_echo}};

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
  return kind == target::target_kind::tcp_echo ? net::transport::tcp : net::transport::udp;
}

} // namespace conecta::scenario
