#include "run/nonces.hpp"

#include "workload/request.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace conecta::run {

namespace {

std::optional<unsigned> hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') {
    return static_cast<unsigned>(letter - '0');
  }
  if (letter >= 'a' && letter <= 'f') {
    return static_cast<unsigned>(letter - 'a') + 10;
  }
  return std::nullopt;
}

} // namespace

void nonces::asked(std::uint64_t sequence) {
  asked_up_to_ = std::max(asked_up_to_, sequence + 1);
  answered_[sequence % remembered] = false;
}

void nonces::answered(std::uint64_t sequence) { answered_[sequence % remembered] = true; }

reply_owner nonces::owner_of(std::string_view reply, std::uint64_t sequence) const {
  std::string own;
  workload::append_nonce(workload::nonce_of({seed_, sequence}), own);
  if (reply.find(own) != std::string_view::npos) {
    return reply_owner::own;
  }
  auto found = reply_owner::nobody;
  std::uint64_t latest = 0; // the last 16 digits
  std::size_t digits = 0;
  for (char const letter : reply) {
    auto const digit = hex_digit(letter);
    digits = digit ? digits + 1 : 0;
    latest = latest << 4U | digit.value_or(0);
    if (digits >= workload::nonce_digits) {
      found = std::max(found, owner_of(latest));
    }
  }
  return found;
}

reply_owner nonces::owner_of(std::uint64_t nonce) const {
  auto const sequence = workload::sequence_of(nonce, seed_);
  if (sequence >= asked_up_to_ || asked_up_to_ - sequence > remembered) {
    return reply_owner::nobody;
  }
  return answered_[sequence % remembered] ? reply_owner::answered_other : reply_owner::other;
}

} // namespace conecta::run
