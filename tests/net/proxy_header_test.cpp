#include "net/proxy_header.hpp"

#include <catch2/catch.hpp>

using namespace conecta::net;
using boost::asio::ip::make_address;
using boost::asio::ip::tcp;

TEST_CASE("the header of a proxy is as its specification has it") {
  tcp::endpoint const from{make_address("192.0.2.1"), 56324};
  tcp::endpoint const to{make_address("198.51.100.7"), 443};
  CHECK(proxy_header(proxy_protocol::none, from, to).empty());
  CHECK(proxy_header(proxy_protocol::v1, from, to) ==
        "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n");
  std::string const signature{"\r\n\r\n\0\r\nQUIT\n", 12};
  CHECK(proxy_header(proxy_protocol::v2, from, to) ==
        signature + std::string{"\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\7\xdc\4\1\xbb", 16});
  tcp::endpoint const six{make_address("fe80::1%1"), 1};
  tcp::endpoint const seven{make_address("2001:db8::7"), 2};
  CHECK(proxy_header(proxy_protocol::v1, six, seven) == "PROXY TCP6 fe80::1 2001:db8::7 1 2\r\n");
  CHECK(proxy_header(proxy_protocol::v2, six, seven).size() == 12 + 4 + 36);
  CHECK(proxy_header_without_addresses(proxy_protocol::none).empty());
  CHECK(proxy_header_without_addresses(proxy_protocol::v1) == "PROXY UNKNOWN\r\n");
  CHECK(proxy_header_without_addresses(proxy_protocol::v2) ==
        signature + std::string{"\x20\0\0\0", 4});
}
