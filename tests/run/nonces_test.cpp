// Whose a reply is, by the nonce in it.

#include "run/nonces.hpp"
#include "workload/request.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace conecta::run;

namespace {

constexpr std::uint64_t seed = 7;

std::string nonce(std::uint64_t sequence, std::uint64_t of_seed = seed) {
  std::string written;
  conecta::workload::append_nonce(
      conecta::workload::nonce_of({.seed = of_seed, .sequence = sequence}), written);
  return written;
}

} // namespace

TEST_CASE("a reply with the nonce of its request is its own, whatever else it holds") {
  nonces run{seed};
  run.asked(0);
  run.asked(1);
  CHECK(run.owner_of(nonce(1), 1) == reply_owner::own);
  CHECK(run.owner_of("<a>" + nonce(1) + "</a>", 1) == reply_owner::own);
  CHECK(run.owner_of(nonce(0) + nonce(1), 1) == reply_owner::own);
}

TEST_CASE("a reply with the nonce of a request that waits, or did in vain, is another's") {
  nonces run{seed};
  run.asked(0);
  run.asked(1);
  CHECK(run.owner_of(nonce(0), 1) == reply_owner::other);
  CHECK(run.owner_of("$16\r\n" + nonce(0) + "\r\n", 1) == reply_owner::other);
  CHECK(run.owner_of("abc" + nonce(0) + "def", 1) == reply_owner::other); // digits all around
}

TEST_CASE("what was answered already came twice") {
  nonces run{seed};
  run.asked(0);
  run.answered(0);
  run.asked(1);
  CHECK(run.owner_of(nonce(0), 1) == reply_owner::answered_other);
  run.asked(2);
  CHECK(run.owner_of(nonce(0) + " " + nonce(2), 1) == reply_owner::other);
}

TEST_CASE("what no request was sent with is nobody's") {
  nonces run{seed};
  run.asked(0);
  run.asked(1);
  auto corrupted = nonce(0);
  corrupted[5] ^= 1;
  for (auto const& reply :
       {std::string{}, std::string{"OK"}, corrupted, nonce(2), nonce(0, seed + 1),
        nonce(0).substr(1), nonce(0).substr(0, 8) + " " + nonce(0).substr(8),
        std::string(100, 'f'), std::string(100, '\0')}) {
    CAPTURE(reply);
    CHECK(run.owner_of(reply, 1) == reply_owner::nobody);
  }
}

TEST_CASE("what was asked more than a million requests ago is nobody's") {
  nonces run{seed};
  run.asked(0);
  run.asked(1);
  run.asked(nonces::remembered);
  CHECK(run.owner_of(nonce(1), nonces::remembered) == reply_owner::other);
  CHECK(run.owner_of(nonce(0), nonces::remembered) == reply_owner::nobody);
}
