#include "report/hdr.hpp"

#include "base/base64.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace conecta;
using namespace conecta::report;
using namespace std::chrono_literals;

namespace {

// Written by hdr-histogram-js 3: lowest 1, highest 3.6e12, digits 3.
constexpr auto js_empty = "HISTFAAAACB4nJNpmSzMwMDACMXMDBDAyMDA7GawYwEDnA8ASQ8DHw==";

// i ms recorded i * i times for i from 1 to 10, an hour, 7 ns, and 9 ns 5e9 times.
constexpr auto js_ours = "HISTFAAAAFV4nJNpmSzMwMCgx8DAwMjAwMDMAAGMDAzMbgY7FjDA+LxMDA0n1i9QXbuOkekv"
                         "P8dqDqHz7AqHWYyeMns8ZU56ztzAeJ5pEeNHxhOMvcuZmABgtROJ";

// Another layout: lowest 1000, highest 6e10, digits 2; 0.1, 0.2 ... 10 ms.
constexpr auto js_foreign = "HISTFAAAAFl4nJNpmSzMwMBwmIGBgZGBgYGJAQyYXzAwMPD+cI9ggALGVmamv4xMsxmZ4p"
                            "nimSyZdJn0wViRSRQMxaE0hMWJArnR+MhizHghKwF57OqYGNARhAYAJGILcA==";

stats::histogram decoded(std::string_view text) {
  auto out = decode_hdr(text);
  INFO(out.mistake);
  REQUIRE(out.values);
  return *out.values;
}

bool same_counts(stats::histogram const& left, stats::histogram const& right) {
  auto const mine = left.counts();
  auto const theirs = right.counts();
  return std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end());
}

stats::histogram what_js_recorded() {
  stats::histogram out;
  for (int index = 1; index <= 10; ++index) {
    out.record(index * 1ms, static_cast<std::uint64_t>(index * index));
  }
  out.record(1h);
  out.record(7ns);
  out.record(9ns, 5'000'000'000);
  return out;
}

} // namespace

TEST_CASE("base64_agrees_with_the_rfc") {
  std::pair<char const*, char const*> const table[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (auto const& [bytes, text] : table) {
    CHECK(encode_base64(bytes) == text);
    CHECK(decode_base64(text) == std::string{bytes});
  }
}

TEST_CASE("what_is_not_base64_is_refused") {
  for (auto const* text : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", "Zm 9", "Zm=v",
                           "Zh==" /* bits beyond the last byte */}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("what_another_implementation_wrote_is_read") {
  CHECK(decoded(js_empty).empty());
  CHECK(same_counts(decoded(js_ours), what_js_recorded()));
  CHECK(decoded(js_ours).count() == 5'000'000'387);
}

TEST_CASE("another_layout_is_read_by_the_middles_of_its_buckets") {
  auto const found = decoded(js_foreign);
  CHECK(found.count() == 100);
  CHECK(static_cast<double>(found.quantile(0.5)->count()) == Approx(5e6).epsilon(0.01));
  CHECK(static_cast<double>(found.quantile(0.9)->count()) == Approx(9e6).epsilon(0.01));
  CHECK(found.mean().value() == Approx(5050575).epsilon(0.01));
}

TEST_CASE("what_is_written_begins_as_every_v2_histogram_does") {
  CHECK(encode_hdr({}).starts_with("HISTFAAA"));
  CHECK(encode_hdr(what_js_recorded()).starts_with("HISTFAAA"));
}

TEST_CASE("what_is_written_is_read_back") {
  std::mt19937 random{11};
  for (int round = 0; round < 50; ++round) {
    stats::histogram values;
    std::uniform_int_distribution<int> shift{0, 41};
    std::uniform_int_distribution<std::uint64_t> times{1, std::uint64_t{1} << (random() % 40)};
    for (int count = 0; count < round * 10; ++count) {
      values.record(duration{std::int64_t{1} << shift(random)} + duration{random() % 1000},
                    times(random));
    }
    auto const read = decoded(encode_hdr(values));
    CHECK(same_counts(read, values));
    CHECK(read.count() == values.count());
  }
}

TEST_CASE("neighbouring_buckets_and_single_zeros_are_read_back") {
  stats::histogram values;
  for (auto const value : {0, 1, 3, 4, 7, 2047, 2048, 2050}) {
    values.record(duration{value});
  }
  CHECK(same_counts(decoded(encode_hdr(values)), values));
}

TEST_CASE("damaged_text_is_a_mistake_and_never_a_crash") {
  auto const whole = encode_hdr(what_js_recorded());
  CHECK(decode_hdr("").mistake == "not a compressed V2 histogram");
  CHECK(decode_hdr("not base64!").mistake == "not base64");
  CHECK(decode_hdr("AAAAAAAAAAAA").mistake == "not a compressed V2 histogram");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_FALSE(decode_hdr(std::string_view{whole}.substr(0, length)).values);
  }
  std::mt19937 random{5};
  for (int round = 0; round < 2000; ++round) {
    auto damaged = *decode_base64(whole);
    damaged[random() % damaged.size()] ^= static_cast<char>(1U << (random() % 8));
    auto const found = decode_hdr(encode_base64(damaged));
    CHECK(found.values.has_value() == found.mistake.empty());
  }
}
