#include "support/plain_socket.hpp"
#include "wire/outbox.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <sys/socket.h>

using namespace conecta;
using namespace std::chrono_literals;
using support::varied_bytes;
using wire::outbox;
using wire::sending;

namespace {

struct two_ends {
  wire::descriptor in;
  wire::descriptor out;

  two_ends() {
    std::array<int, 2> made{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, made.data()) == 0);
    in = wire::descriptor{made[0]};
    out = wire::descriptor{made[1]};
  }

  /// What has come out.
  std::string read() const {
    std::string all;
    std::array<char, 4096> buffer;
    for (ssize_t size = 0; (size = ::recv(out.get(), buffer.data(), buffer.size(), 0)) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return all;
  }
};

constexpr instant start{100s};

} // namespace

TEST_CASE("a chunk leaves at its time and not before") {
  two_ends ends;
  outbox box;
  box.push("late", start + 5ms);
  CHECK(box.next_due() == start + 5ms);
  CHECK(box.flush(ends.in.get(), start + 5ms - 1ns) == sending::waiting);
  CHECK(ends.read().empty());
  CHECK(box.flush(ends.in.get(), start + 5ms) == sending::done);
  CHECK(ends.read() == "late");
  CHECK(box.empty());
}

TEST_CASE("what is due earlier does not overtake what is due later") {
  two_ends ends;
  outbox box;
  box.push("first ", start + 5ms);
  box.push("second ", start + 2ms); // waits behind the first
  box.push("third", start + 6ms);
  CHECK(box.size() == 18);
  CHECK(box.flush(ends.in.get(), start + 4ms) == sending::waiting);
  CHECK(ends.read().empty());
  CHECK(box.flush(ends.in.get(), start + 5ms) == sending::waiting);
  CHECK(ends.read() == "first second ");
  CHECK(box.next_due() == start + 6ms);
  CHECK(box.flush(ends.in.get(), start + 6ms) == sending::done);
  CHECK(ends.read() == "third");
}

TEST_CASE("what a full socket does not take stays, in order, to the last byte") {
  two_ends ends;
  outbox box;
  auto const bytes = varied_bytes(std::size_t{4} << 20);
  for (std::size_t at = 0; at < bytes.size(); at += 100'000) {
    box.push(std::string_view{bytes}.substr(at, 100'000), start + duration{at});
  }
  std::string got;
  auto state = sending::blocked;
  while (state == sending::blocked) {
    state = box.flush(ends.in.get(), start + 1h);
    got += ends.read();
  }
  CHECK(state == sending::done);
  CHECK(box.size() == 0);
  CHECK((got == bytes));
}

TEST_CASE("a socket whose peer is gone fails") {
  two_ends ends;
  outbox box;
  ends.out.close();
  box.push("to nobody", start);
  CHECK(box.flush(ends.in.get(), start) == sending::failed);
  box.clear();
  CHECK(box.empty());
}

TEST_CASE("nothing to push is nothing to send") {
  two_ends ends;
  outbox box;
  box.push("", start);
  CHECK(box.empty());
  CHECK(box.flush(ends.in.get(), start) == sending::done);
}
