#include "workload/protocol_request.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

using namespace conecta::workload;

namespace {

payload of(std::string_view text) {
  std::string error;
  return parse_template(text, error).value();
}

std::string sent(payload const& what, std::uint64_t sequence = 0) {
  std::string out;
  render(what, {.seed = 7, .sequence = sequence}, out);
  CHECK(out.size() <= largest_size(what));
  return out;
}

} // namespace

TEST_CASE("a command of Redis counts its words when it is sent") {
  CHECK(sent(resp_request({of("PING")})) == "*1\r\n$4\r\nPING\r\n");
  auto const set = resp_request({of("SET"), of("key-{{seq}}"), of("")});
  CHECK(sent(set, 7) == "*3\r\n$3\r\nSET\r\n$5\r\nkey-7\r\n$0\r\n\r\n");
  CHECK(sent(set, 12345) == "*3\r\n$3\r\nSET\r\n$9\r\nkey-12345\r\n$0\r\n\r\n");
}

TEST_CASE("a request of HTTP counts its body, and has none where none is given") {
  auto const head = of("POST /a/{{seq}} HTTP/1.1\r\nHost: h\r\n");
  CHECK(sent(http_request(head, of("n={{seq}}")), 10) ==
        "POST /a/10 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nn=10");
  CHECK(sent(http_request(head, of(""))) ==
        "POST /a/0 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  CHECK(sent(http_request(head, std::nullopt)) == "POST /a/0 HTTP/1.1\r\nHost: h\r\n\r\n");
}
