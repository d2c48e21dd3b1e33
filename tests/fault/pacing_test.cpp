#include "fault/pacing.hpp"

#include "fault/damage.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <string>

using namespace conecta;
using namespace conecta::fault;
using namespace std::chrono_literals;

TEST_CASE("a line lets bytes out when the last of a slice would have left it") {
  line_pace line{1000}; // a byte a millisecond, five a slice
  instant const start{10s};
  CHECK(line.allowance(12, start) == 0);
  CHECK(line.next() == start + 5ms);
  CHECK(line.allowance(12, start + 5ms) == 5);
  line.on_sent(5, 7);
  CHECK(line.allowance(7, start + 5ms) == 0);
  CHECK(line.next() == start + 10ms);
}

TEST_CASE("alarms that go off late do not add up on a line") {
  line_pace line{1000};
  instant at{10s};
  std::size_t left = 1000;
  CHECK(line.allowance(left, at) == 0);
  while (left > 0) {
    at = line.next() + 1ms;
    for (auto some = line.allowance(left, at); some > 0; some = line.allowance(left, at)) {
      left -= some;
      line.on_sent(some, left);
    }
  }
  CHECK(at == instant{10s} + 1s + 1ms);
}

TEST_CASE("a line that was idle makes up for nothing") {
  line_pace line{1000};
  CHECK(line.allowance(5, instant{10s}) == 0);
  CHECK(line.allowance(5, instant{10s} + 5ms) == 5);
  line.on_sent(5, 0);
  CHECK(line.allowance(5, instant{20s}) == 0);
  CHECK(line.next() == instant{20s} + 5ms);
}

TEST_CASE("slices are as long as asked and as far apart") {
  slice_pace slices{4, 10ms};
  instant const start{10s};
  CHECK(slices.allowance(9, start) == 4);
  slices.on_sent(start);
  CHECK(slices.allowance(5, start + 9ms) == 0);
  CHECK(slices.next() == start + 10ms);
  CHECK(slices.allowance(5, start + 10ms) == 4);
  CHECK(slices.allowance(3, start + 10ms) == 3);
}

TEST_CASE("as many different bits are flipped as asked, or all there are") {
  auto const flipped = [](std::size_t bits, std::uint64_t seed) {
    std::string bytes(16, '\0');
    flip_bits(bytes, bits, random_source{seed});
    int count = 0;
    for (char const each : bytes) {
      count += std::popcount(static_cast<unsigned char>(each));
    }
    return count;
  };
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CHECK(flipped(1, seed) == 1);
    CHECK(flipped(100, seed) == 100);
  }
  CHECK(flipped(1000, 1) == 128);
}

TEST_CASE("datagrams follow each other at the rate, and a full queue takes no more") {
  datagram_pace line{1000, 300};
  auto const start = instant{100s};
  CHECK(line.admit(500, start) == start + 500ms); // larger than the queue, on an idle line
  CHECK(line.admit(10, start) == std::nullopt);
  CHECK(line.admit(100, start + 300ms) == start + 600ms);
  CHECK(line.admit(1, start + 300ms) == std::nullopt);
  CHECK(line.admit(1, start + 301ms) == start + 601ms);
  CHECK(line.admit(100, start + 2s) == start + 2100ms); // it has rested
}
