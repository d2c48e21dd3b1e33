#include "target/server.hpp"

#include "target/tcp_server.hpp"
#include "target/udp_echo.hpp"

namespace conecta::target {

server::server(fault::plan faults)
    : faults_{thread_.loop(),
              std::move(faults),
              {[this] { go_down(); }, [this] { come_up(); }, [this] { look_again(); }}} {}

void server::halt() {
  thread_.stop();
  faults_.end();
}

std::unique_ptr<server> start(target_options const& options, wire::address const& at,
                              fault::plan faults) {
  return options.kind == target_kind::udp_echo ? start_udp_echo(options, at, std::move(faults))
                                               : start_tcp(options, at, std::move(faults));
}

} // namespace conecta::target
