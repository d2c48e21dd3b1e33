// Where replies of Redis and HTTP end, wherever the chunks were cut.

#include "net/framing.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace conecta::net;

namespace {

reply_framing const redis_reply = resp_reply{};
reply_framing const web_reply = http_response{};

/// The length at which it is complete, shown byte by byte; -1 where it is refused, 0 where it never
/// is.
int ends_at(reply_framing const& framing, std::string_view bytes) {
  framer one{framing, 0};
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    auto const seen = one.examine(bytes.substr(0, size));
    if (seen.status == frame_status::complete) {
      CHECK(seen.length == size);
      return static_cast<int>(size);
    }
    if (seen.status != frame_status::need_more) {
      return -1;
    }
  }
  return 0;
}

/// Whether it is complete with its last byte, and not before, also where more follows at once.
bool is_whole(reply_framing const& framing, std::string const& reply) {
  framer at_once{framing, 0};
  auto const seen = at_once.examine(reply + "more");
  return ends_at(framing, reply) == static_cast<int>(reply.size()) &&
         seen.status == frame_status::complete && seen.length == reply.size();
}

bool is_refused(reply_framing const& framing, std::string_view bytes) {
  return ends_at(framing, bytes) == -1;
}

match_failure judged(expectation const& wanted, std::string const& reply) {
  return mismatch(wanted, std::string_view{}, std::string_view{reply});
}

std::string http(std::string const& rest) { return "HTTP/1.1 " + rest; }

} // namespace

TEST_CASE("every type of a reply of Redis ends where it ends") {
  for (char const* const reply :
       {"+OK\r\n", "-ERR no\r\n", ":42\r\n", "$5\r\nhe\r\no\r\n", "$0\r\n\r\n", "$-1\r\n", "*0\r\n",
        "*-1\r\n", "*2\r\n$1\r\na\r\n:1\r\n", "*2\r\n*2\r\n+a\r\n+b\r\n*0\r\n", "_\r\n", "#t\r\n",
        ",1.5\r\n", "(123456789012345678901234567890\r\n", "!5\r\nERR x\r\n", "=7\r\ntxt:abc\r\n",
        "%1\r\n+k\r\n:1\r\n", "~2\r\n+a\r\n+b\r\n", "*1\r\n%1\r\n+k\r\n*1\r\n$2\r\nvv\r\n"}) {
    CAPTURE(reply);
    CHECK(is_whole(redis_reply, reply));
  }
}

TEST_CASE("what is no reply of Redis is refused as soon as that is clear") {
  for (char const* const bytes :
       {"HTTP/1.1 400 Bad\r\n", "\r\n", "$x\r\n", "$-2\r\n", "*1x\r\n", "$99999999999\r\n",
        "*99999999999999999999\r\n", "$1\r\nabc", "%-1\r\n", ">1\r\n+x\r\n", "*1\r\n?\r\n"}) {
    CAPTURE(bytes);
    CHECK(is_refused(redis_reply, bytes));
  }
  CHECK(is_refused(redis_reply, std::string(70'000, '+'))); // a line without end
}

TEST_CASE("what Redis announces and does not send costs nothing, and ends at 1 MiB") {
  framer one{redis_reply, 0};
  std::string bytes = "*1000000000\r\n$1000000000\r\n";
  CHECK(one.examine(bytes).status == frame_status::need_more);
  bytes.append(max_reply_size, 'x');
  CHECK(one.examine(bytes).status == frame_status::oversized);
}

TEST_CASE("an error of Redis is a reply, and no success") {
  expectation wanted;
  wanted.no_resp_error = true;
  CHECK(judged(wanted, "+OK\r\n") == match_failure::none);
  CHECK(judged(wanted, "-ERR no\r\n") == match_failure::resp_error);
  CHECK(judged(wanted, "!3\r\nERR\r\n") == match_failure::resp_error);
}

TEST_CASE("a response of HTTP ends by its length, its chunks, its status or its method") {
  CHECK(is_whole(web_reply, http("200 OK\r\nContent-Length: 5\r\n\r\nhello")));
  CHECK(is_whole(web_reply, http("200 OK\r\nContent-Length: 0\r\n\r\n")));
  CHECK(is_whole(web_reply, http("204 No Content\r\n\r\n")));
  CHECK(is_whole(web_reply, http("304 Not Modified\r\nContent-Length: 9\r\n\r\n")));
  CHECK(is_whole(web_reply,
                 http("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
                      "0\r\nTrailer: 1\r\n\r\n")));
  CHECK(is_whole(web_reply, http("200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")));
  CHECK(is_whole(web_reply,
                 http("100 Continue\r\n\r\n") + http("200 OK\r\nContent-Length: 1\r\n\r\n!")));
  CHECK(is_whole(http_response{http_scanner::asked::head},
                 http("200 OK\r\nContent-Length: 5\r\n\r\n")));
}

TEST_CASE("a response without a length ends with its connection") {
  framer one{web_reply, 0};
  auto const response = http("200 OK\r\n\r\nuntil the end");
  CHECK(one.examine(response).status == frame_status::need_more);
  CHECK(one.examine_at_end(response) ==
        frame_result{frame_status::complete, response.size(), true});
  framer cut{web_reply, 0};
  CHECK(cut.examine_at_end(http("200 OK\r\nContent-Length: 5\r\n\r\nhel")).status ==
        frame_status::truncated);
  framer nothing{web_reply, 0};
  CHECK(nothing.examine_at_end("").status == frame_status::truncated);
}

TEST_CASE("a server of HTTP says whether its connection may be used again") {
  auto const last = [](std::string const& response) {
    return framer{web_reply, 0}.examine(response).last;
  };
  CHECK_FALSE(last(http("204 No Content\r\n\r\n")));
  CHECK(last(http("204 No Content\r\nConnection: close\r\n\r\n")));
  CHECK(last("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

TEST_CASE("what is no response of HTTP is refused, and so is one that is too long") {
  CHECK(is_refused(web_reply, "+OK\r\n"));
  CHECK(is_refused(web_reply, "HTTP/2 200\r\n\r\n"));
  CHECK(is_refused(web_reply, http("abc OK\r\n\r\n")));
  CHECK(is_refused(web_reply, http("200 OK\r\nContent-Length: x\r\n\r\n")));
  CHECK(is_refused(web_reply, http("200 OK\r\nContent-Length: 1073741824\r\n\r\n")));
  CHECK(is_refused(web_reply, http("200 OK\r\nX: " + std::string(70'000, 'x'))));
}

TEST_CASE("a head of HTTP is judged when it is whole, however it came") {
  auto const head = http("200 OK\r\nno colon\r\n");
  framer at_once{web_reply, 0};
  CHECK(at_once.examine(head).status == frame_status::need_more);
  CHECK(ends_at(web_reply, head) == 0);
  CHECK(at_once.examine(head + "\r\n").status == frame_status::malformed);
  CHECK(is_refused(web_reply, head + "\r\n"));
}

TEST_CASE("a status from 200 to 399 is a success, that of an interim response is none") {
  expectation wanted;
  wanted.http_success = true;
  CHECK(judged(wanted, http("200 OK\r\n\r\n")) == match_failure::none);
  CHECK(judged(wanted, http("302 Found\r\n\r\n")) == match_failure::none);
  CHECK(judged(wanted, http("404 Not Found\r\n\r\n")) == match_failure::http_status);
  CHECK(judged(wanted, http("503 Busy\r\n\r\n")) == match_failure::http_status);
  CHECK(judged(wanted, http("100 Continue\r\n\r\n") + http("500 No\r\n\r\n")) ==
        match_failure::http_status);
}
