#pragma once

// What a proxy says first on a connection: on whose behalf it was made. Here it is this host's own:
// for servers that want to be told. Pure.
// https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>

namespace conecta::net {

enum class proxy_protocol : std::uint8_t { none, v1, v2 };

/// From one to the other, of one family; none: "".
[[nodiscard]] std::string proxy_header(proxy_protocol version,
                                       boost::asio::ip::tcp::endpoint const& from,
                                       boost::asio::ip::tcp::endpoint const& to);
/// Where there are no addresses, as on a Unix domain socket.
[[nodiscard]] std::string proxy_header_without_addresses(proxy_protocol version);

} // namespace conecta::net
