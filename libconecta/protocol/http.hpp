#pragma once

// HTTP/1.1: one request, and the head of its response; interim responses are passed over, no
// redirect is followed, no compression is offered, and no body is read unless a text is looked for
// in it. RFC 9110, RFC 9112.
//
// Costs the server one request, and a line in its access log; where a body follows, it is cut off.

#include "net/url.hpp"
#include "protocol/conversation.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace conecta::protocol {

struct http_options {
  enum class verb : std::uint8_t { get, head } method = verb::get;
  std::string host = {};   ///< of the Host field, with a port that is not 80
  std::string target = {}; ///< "/ready?full=1"
  std::string user = {};
  std::optional<std::string> password = {}; ///< with a user Basic, without one Bearer; printable
  std::optional<std::string> body_has = {}; ///< GET only
  level asks = level::query;                ///< handshake: any status; auth: any but 401, 403, 407
  bool stays = false;                       ///< the server shall not close after its response
};

/// The value of the Host field: with a port that is not the usual one.
[[nodiscard]] std::string http_host(net::endpoint_url const& to);
/// The request line and the fields that every request has, with the URL's credentials; the empty
/// line is yet to come. REQUIRES: what the URL holds is printable.
[[nodiscard]] std::string http_head(std::string_view method, std::string_view target,
                                    net::endpoint_url const& to);

/// Ready: 200 to 399.
[[nodiscard]] std::unique_ptr<conversation> speak_http(http_options options);

} // namespace conecta::protocol
