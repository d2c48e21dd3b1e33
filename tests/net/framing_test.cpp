#include "net/framing.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace conecta::net;

namespace {

// What a framer says after each byte, as one letter: n(eed more), c(omplete), o(versized).
std::string byte_by_byte(reply_framing const& framing, std::string_view reply,
                         std::size_t sent = 0) {
  framer one{framing, sent};
  std::string told;
  for (std::size_t size = 1; size <= reply.size(); ++size) {
    told += "ncot"[static_cast<int>(one.examine(reply.substr(0, size)).status)];
  }
  return told;
}

frame_result at_once(reply_framing const& framing, std::string_view reply, std::size_t sent = 0) {
  return framer{framing, sent}.examine(reply);
}

constexpr frame_result complete(std::size_t length) { return {frame_status::complete, length}; }

match_failure verdict(expectation const& wanted, std::string_view reply,
                      std::string_view request = {}) {
  return mismatch(wanted, request, reply);
}

expectation matching(std::string text) {
  std::string error;
  expectation wanted;
  wanted.regex = pattern::compile(std::move(text), error);
  REQUIRE(wanted.regex);
  return wanted;
}

} // namespace

TEST_CASE("a delimiter ends the reply wherever the chunks were cut") {
  reply_framing const framing = until_delimiter{"\r\n"};
  CHECK(byte_by_byte(framing, "+OK\r\n") == "nnnnc");
  CHECK(byte_by_byte(framing, "\r\r\n") == "nnc");
  CHECK(at_once(framing, "+OK\r\nmore") == complete(5));
}

TEST_CASE("a count of bytes ends the reply, and what follows is unasked for") {
  CHECK(byte_by_byte(exact_bytes{3}, "abc") == "nnc");
  CHECK(at_once(exact_bytes{3}, "abcd") == complete(3));
  CHECK(byte_by_byte(as_sent{}, "ab", 2) == "nc");
}

TEST_CASE("a datagram is complete, even an empty one, and no reply always is") {
  CHECK(at_once(one_datagram{}, "") == complete(0));
  CHECK(at_once(one_datagram{}, "abc") == complete(3));
  CHECK(at_once(no_reply{}, "") == complete(0));
}

TEST_CASE("whether a reply begins with a text is clear at the first byte that differs") {
  CHECK(byte_by_byte(beginning{"+OK"}, "+OK") == "nnc");
  CHECK(at_once(beginning{"+OK"}, "+OK more") == complete(3));
  CHECK(at_once(beginning{"+OK"}, "-E") == complete(2));
  CHECK(at_once(beginning{"+OK"}, "-ERR no\n") == complete(8)); // all of it, to be told
  CHECK(at_once(beginning{"+OK"}, "+O").status == frame_status::need_more);
  reply_framing const ok = beginning{"+OK"};
  CHECK(framer(ok, 0).examine_at_end("+O").status == frame_status::truncated);
}

TEST_CASE("where the server closes, the reply ends or was cut off") {
  reply_framing const close = until_close{};
  reply_framing const line = until_delimiter{"\n"};
  CHECK(at_once(close, "abc").status == frame_status::need_more);
  CHECK(framer(close, 0).examine_at_end("abc") == complete(3));
  CHECK(framer(close, 0).examine_at_end("") == complete(0));
  CHECK(framer(line, 0).examine_at_end("abc").status == frame_status::truncated);
  CHECK(framer(line, 0).examine_at_end("abc\n") == complete(4));
}

TEST_CASE("no reply is longer than 1 MiB") {
  std::string flood(max_reply_size, 'x');
  CHECK(at_once(until_delimiter{"\n"}, flood).status == frame_status::oversized);
  CHECK(at_once(until_close{}, flood).status == frame_status::need_more);
  flood.back() = '\n';
  CHECK(at_once(until_delimiter{"\n"}, flood) == complete(max_reply_size));
  flood.push_back('x');
  CHECK(at_once(until_close{}, flood).status == frame_status::oversized);
  CHECK(at_once(as_sent{}, "", max_reply_size + 1).status == frame_status::oversized);
}

TEST_CASE("all that is expected must hold, and the first that does not is told") {
  expectation wanted;
  CHECK(wanted.empty());
  CHECK(verdict(wanted, "anything") == match_failure::none);
  wanted.prefix = "+PONG";
  wanted.min_bytes = 7;
  CHECK(verdict(wanted, "+PONG\r\n") == match_failure::none);
  CHECK(verdict(wanted, "+PONG") == match_failure::too_short);
  CHECK(verdict(wanted, "-LOADING") == match_failure::no_prefix);
  CHECK(describe(match_failure::no_prefix, wanted) == "does not begin with the expected prefix");
  wanted.equals = "+PONG 1";
  CHECK(verdict(wanted, "+PONG 2") == match_failure::not_equal);
}

TEST_CASE("an echo is what was sent") {
  expectation wanted;
  wanted.same_as_sent = true;
  CHECK(verdict(wanted, "abc", "abc") == match_failure::none);
  CHECK(verdict(wanted, "abd", "abc") == match_failure::not_as_sent);
}

TEST_CASE("a pattern is found anywhere, in any bytes") {
  CHECK(verdict(matching("^\\+OK$"), "+OK") == match_failure::none);
  CHECK(verdict(matching("[0-9]+"), "n=42") == match_failure::none);
  CHECK(verdict(matching("b"), std::string_view{"\0\xff"
                                                "b",
                                                3}) == match_failure::none);
  CHECK(verdict(matching("z"), "abc") == match_failure::no_regex_match);
  std::string error;
  CHECK_FALSE(pattern::compile("(", error));
  CHECK_FALSE(error.empty());
}

TEST_CASE("a pattern that would search for ever gives up, and counts as not found") {
  expectation const evil = matching("(a+)+$");
  std::string const reply = std::string(64, 'a') + "!";
  CHECK(verdict(evil, reply) == match_failure::no_regex_match);
  std::string const flood(max_reply_size, 'a');
  CHECK(verdict(matching("(x+x+)+y"), std::string(4000, 'x')) == match_failure::no_regex_match);
  CHECK(verdict(matching("a*b"), flood) == match_failure::no_regex_match);
}
