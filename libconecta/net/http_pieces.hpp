#pragma once

// How Beast's parser of HTTP is fed with what arrives in pieces, one part of a message a call: it
// is not to be eager.

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <string_view>

namespace conecta::net {

/// Whether it has to wait for more than is unread: in the last chunk it asserts that there is
/// enough for its end.
template <bool IsRequest>
[[nodiscard]] bool lacks_end(boost::beast::http::basic_parser<IsRequest> const& parser,
                             std::size_t unread) {
  constexpr std::string_view last_chunk = "0\r\n\r\n";
  return parser.is_header_done() && parser.chunked() && unread < last_chunk.size();
}

} // namespace conecta::net
