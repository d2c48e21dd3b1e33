#pragma once

// From a URL to the conversation that shows how its server is. Pure.

#include "net/url.hpp"
#include "protocol/conversation.hpp"

#include <boost/system/result.hpp>

#include <memory>
#include <optional>

namespace conecta::protocol {

/// What else is asked for.
struct questions {
  std::optional<level> asks; ///< none: the most that can be asked with what the URL has
  bool stays = false;        ///< the server shall keep the connection open after its answer
};

/// A fresh conversation, or why there is none. REQUIRES: the URL names a protocol.
/// The most that can be asked: of amqp, mongodb, mysql and postgres without a user a handshake, of
/// all else a query. The levels auth and query of the last three are a client_session's; what they
/// begin with is no conversation.
[[nodiscard]] boost::system::result<std::unique_ptr<conversation>, net::url_error>
introduce(net::endpoint_url const& to, questions const& what = {});

/// Whether the level can be asked of it at all.
[[nodiscard]] level highest_level(net::endpoint_url const& to) noexcept;

} // namespace conecta::protocol
