// Bytes as the reply of a server that is asked for by a scenario: the first chooses how replies
// end, the second how this one is cut, the rest is the reply. However it arrives, it ends at the
// same place, within what has arrived, and what ends there is a whole reply by itself.

#include "net/framing.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace conecta::net;

void demand(bool holds, char const* what) {
  if (!holds) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

std::array<reply_framing, 8> const framings{
    // the corpus counts them: new ones at the end
    until_delimiter{"\r\n"},
    exact_bytes{5},
    as_sent{},
    until_close{},
    beginning{"+PONG"},
    resp_reply{},
    http_response{},
    http_response{http_scanner::asked::head},
};
constexpr std::size_t size_of_request = 7;

/// Cut into pieces of that size, as far as the reply goes; with the end if it does not.
frame_result arriving(reply_framing const& framing, std::string_view all, std::size_t cut) {
  framer by{framing, size_of_request};
  std::size_t arrived = 0;
  while (arrived < all.size()) {
    arrived = std::min(arrived + cut, all.size());
    auto const found = by.examine(all.substr(0, arrived));
    demand(found.length <= arrived, "a reply ends beyond what has arrived");
    if (found.status != frame_status::need_more) {
      return found;
    }
  }
  return by.examine_at_end(all);
}

/// Of the first that begins otherwise all that is there is shown.
bool has_end(reply_framing const& framing, frame_result const& found, std::string_view all) {
  auto const* const start = std::get_if<beginning>(&framing);
  return found.status == frame_status::complete &&
         (start == nullptr || all.starts_with(start->text));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  auto const& framing = framings[data[0] % framings.size()];
  auto const cut = std::size_t{1} + data[1];
  std::string_view const all{reinterpret_cast<char const*>(data + 2), size - 2};
  auto const in_pieces = arriving(framing, all, cut);
  auto const at_once = arriving(framing, all, all.size() + 1);
  demand(in_pieces.status == at_once.status, "pieces are judged as the whole is not");
  if (has_end(framing, at_once, all)) {
    demand(in_pieces == at_once, "pieces end where the whole does not");
    auto const reply = all.substr(0, at_once.length);
    demand(arriving(framing, reply, cut) == at_once, "a whole reply is none by itself");
  }
  expectation wanted;
  wanted.prefix = "+";
  wanted.no_resp_error = true;
  wanted.http_success = true;
  static_cast<void>(mismatch(wanted, all.substr(0, size_of_request), all));
  return 0;
}
