#include "net/proxy_header.hpp"

#include <string_view>

namespace conecta::net {

namespace {

using boost::asio::ip::tcp;

constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr char by_proxy = 0x21; ///< version 2, on behalf of a client
constexpr char by_itself = 0x20;
constexpr char stream_ipv4 = 0x11;
constexpr char stream_ipv6 = 0x21;

std::string two_octets(std::size_t number) {
  return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
}

std::string octets_of(boost::asio::ip::address const& address) {
  auto const plain = [](auto const& bytes) { return std::string{bytes.begin(), bytes.end()}; };
  return address.is_v6() ? plain(address.to_v6().to_bytes()) : plain(address.to_v4().to_bytes());
}

/// Without the interface, which is of this host only.
std::string text_of(boost::asio::ip::address const& address) {
  auto const text = address.to_string();
  return text.substr(0, text.find('%'));
}

} // namespace

std::string proxy_header(proxy_protocol version, tcp::endpoint const& from,
                         tcp::endpoint const& to) {
  bool const six = to.address().is_v6();
  switch (version) {
  case proxy_protocol::none:
    break;
  case proxy_protocol::v1:
    return std::string{six ? "PROXY TCP6 " : "PROXY TCP4 "} + text_of(from.address()) + " " +
           text_of(to.address()) + " " + std::to_string(from.port()) + " " +
           std::to_string(to.port()) + "\r\n";
  case proxy_protocol::v2: {
    auto const addresses = octets_of(from.address()) + octets_of(to.address()) +
                           two_octets(from.port()) + two_octets(to.port());
    return std::string{signature} + by_proxy + (six ? stream_ipv6 : stream_ipv4) +
           two_octets(addresses.size()) + addresses;
  }
  }
  return {};
}

std::string proxy_header_without_addresses(proxy_protocol version) {
  switch (version) {
  case proxy_protocol::none:
    break;
  case proxy_protocol::v1:
    return "PROXY UNKNOWN\r\n";
  case proxy_protocol::v2:
    return std::string{signature} + by_itself + '\0' + two_octets(0);
  }
  return {};
}

} // namespace conecta::net
