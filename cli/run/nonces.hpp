#pragma once

// Tells by its {{nonce}} whose a reply is. Nonces are not kept: a sequence number is computed back
// from each run of digits that could be one, and a number that was asked with is no coincidence.
// Which of them were answered is known of the last million requests; older ones are nobody's.
//
// Thread safety: one thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace conecta::run {

enum class reply_owner : std::uint8_t {
  nobody,         ///< no nonce is in it that was asked with
  own,            ///< that of its request, whatever else
  answered_other, ///< another's, which has had a reply: the network brought a datagram twice
  other,          ///< another's, which waits for it, or waited in vain
};

class nonces {
 public:
  static constexpr std::size_t remembered = std::size_t{1} << 20;

  explicit nonces(std::uint64_t seed) : seed_{seed}, answered_(remembered) {}

  /// A request is sent with the nonce of this number.
  void asked(std::uint64_t sequence);
  /// It has had a reply, whosever that was.
  void answered(std::uint64_t sequence);
  /// Of a reply that came for request `sequence`.
  [[nodiscard]] reply_owner owner_of(std::string_view reply, std::uint64_t sequence) const;

 private:
  [[nodiscard]] reply_owner owner_of(std::uint64_t nonce) const;

  std::uint64_t seed_;
  std::uint64_t asked_up_to_ = 0; ///< no request has this number yet
  std::vector<bool> answered_;    ///< by the number's last digits
};

} // namespace conecta::run
