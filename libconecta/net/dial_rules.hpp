#pragma once

// What somebody else may decide about connections that are yet to be made: what the name of their
// host means, and which local ports they may have. Asked anew for each, so that the answer may
// change while a pool is at work.
//
// Thread safety: asked on the thread of the endpoint's executor.

#include <conecta/time.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace conecta::net {

class dial_rules {
 public:
  struct look_up_as_usual {};
  struct no_such_name {};
  struct look_up_later { ///< as usual, after so much time
    duration delay{};
  };
  struct other_address { ///< whatever the name's own is
    boost::asio::ip::address address;
  };
  using lookup = std::variant<look_up_as_usual, no_such_name, look_up_later, other_address>;

  /// A name is about to be looked up. Not asked for a host that is an address already.
  [[nodiscard]] virtual lookup next_lookup() = 0;

  /// The local ports for a connection that is about to be made: the first that is free, or else
  /// there is no port; none: whichever the kernel gives. Valid until it is asked again.
  [[nodiscard]] virtual std::optional<std::span<std::uint16_t const>> next_ports() = 0;

 protected:
  ~dial_rules() = default;
};

} // namespace conecta::net
