#include "target/server.hpp"

#include "target/tcp_echo.hpp"
#include "target/udp_echo.hpp"

namespace conecta::target {

std::unique_ptr<server> start(target_options const& options, wire::family version) {
  switch (options.kind) {
  case target_kind::tcp_echo:
    return start_tcp_echo(options, version);
  case target_kind::udp_echo:
    return start_udp_echo(options, version);
  }
  return nullptr;
}

} // namespace conecta::target
