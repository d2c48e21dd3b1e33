#include "target/server.hpp"

#include "target/tcp_echo.hpp"
#include "target/udp_echo.hpp"

namespace conecta::target {

std::unique_ptr<server> start(target_options const& options, wire::address const& at) {
  switch (options.kind) {
  case target_kind::tcp_echo:
    return start_tcp_echo(options, at);
  case target_kind::udp_echo:
    return start_udp_echo(options, at);
  }
  return nullptr;
}

} // namespace conecta::target
