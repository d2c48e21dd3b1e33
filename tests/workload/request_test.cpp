#include "workload/request.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace conecta::workload;

namespace {

std::string rendered(payload const& what, request_identity identity) {
  std::string out = "left over";
  render(what, identity, out);
  return out;
}

payload parsed(std::string_view text) {
  std::string error;
  auto const made = parse_template(text, error);
  REQUIRE(made);
  return *made;
}

std::string refusal_of(std::string_view text) {
  std::string error;
  CHECK_FALSE(parse_template(text, error));
  return error;
}

} // namespace

TEST_CASE("text without templates is sent as it is") {
  CHECK(rendered(parsed("PING\r\n"), {}) == "PING\r\n");
  CHECK(rendered(parsed(""), {}).empty());
  CHECK(rendered(parsed("{ { } }}"), {}) == "{ { } }}");
}

TEST_CASE("a sequence number and a nonce are filled in") {
  payload const what = parsed("{{seq}}:{{nonce}}:{{nonce}}");
  std::string const text = rendered(what, {.seed = 7, .sequence = 42});
  CHECK(text.starts_with("42:"));
  CHECK(text.size() == 3 + 16 + 1 + 16);
  CHECK(text.substr(3, 16) == text.substr(20));
  CHECK(text == rendered(what, {.seed = 7, .sequence = 42}));
  CHECK(names_its_request(what));
}

TEST_CASE("no two requests of a run have the same nonce") {
  payload const what = parsed("{{nonce}}");
  std::set<std::string> seen;
  for (std::uint64_t sequence = 0; sequence < 10'000; ++sequence) {
    seen.insert(rendered(what, {.seed = 1, .sequence = sequence}));
  }
  CHECK(seen.size() == 10'000);
  CHECK_FALSE(seen.contains(rendered(what, {.seed = 2, .sequence = 0})));
}

TEST_CASE("a nonce tells the number of its request, by the seed of its run") {
  for (std::uint64_t const seed : {0ULL, 1ULL, 7ULL, ~0ULL}) {
    for (std::uint64_t const sequence : {0ULL, 1ULL, 999'999ULL, 1ULL << 40, ~0ULL}) {
      auto const nonce = nonce_of({.seed = seed, .sequence = sequence});
      CHECK(sequence_of(nonce, seed) == sequence);
      CHECK(sequence_of(nonce, seed + 1) != sequence);
      std::string written;
      append_nonce(nonce, written);
      CHECK(written == rendered(parsed("{{nonce}}"), {.seed = seed, .sequence = sequence}));
    }
  }
}

TEST_CASE("a payload says whether a nonce is in it") {
  CHECK(holds_nonce(parsed("a{{nonce}}b")));
  CHECK_FALSE(holds_nonce(parsed("{{seq}}")));
  CHECK_FALSE(holds_nonce(parsed("{{{{nonce}}")));
}

TEST_CASE("four braces are two") {
  CHECK(rendered(parsed("{{{{nonce}}"), {}) == "{{nonce}}");
  CHECK(rendered(parsed("{{{{{{seq}}"), {.seed = 0, .sequence = 5}) == "{{5");
}

TEST_CASE("a template that is unknown, unsupported or without an end is refused") {
  CHECK(refusal_of("a {{nonse}} b") == "an unknown template \"{{nonse}}\"");
  CHECK(refusal_of("{{random 1 100}}") == "the template {{random}}, which is not supported yet");
  CHECK(refusal_of("a {{nonce") == "a template that does not end: \"{{nonce\"");
}

TEST_CASE("random bytes are as many as asked for, and other ones for each request") {
  payload const what{{random_piece{1001}}};
  std::string const first = rendered(what, {.seed = 1, .sequence = 0});
  CHECK(first.size() == 1001);
  CHECK(first == rendered(what, {.seed = 1, .sequence = 0}));
  CHECK(first != rendered(what, {.seed = 1, .sequence = 1}));
  CHECK_FALSE(names_its_request(what));
}

TEST_CASE("the largest size bounds every rendering") {
  payload const what = parsed("{{seq}} {{nonce}}");
  std::string const text =
      rendered(what, {.seed = 3, .sequence = std::numeric_limits<std::uint64_t>::max()});
  CHECK(text.size() == largest_size(what));
}
