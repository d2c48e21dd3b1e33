#include "workload/request.hpp"

#include "base/random.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

namespace conecta::workload {
namespace {

template <class... Handlers>
struct overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
overloaded(Handlers...) -> overloaded<Handlers...>;

constexpr std::size_t sequence_digits = 20;
constexpr std::size_t length_overhead = 32; ///< of a counted piece, at most

// An odd multiplier and SplitMix64 are bijections: distinct requests of a run, distinct nonces.
constexpr std::uint64_t spread = 0x9e3779b97f4a7c15;

std::uint64_t key_of(std::uint64_t seed) noexcept { return random_source{seed}.next(); }

/// Modulo 2^64. Three bits are right at first, and each of Newton's steps doubles them.
constexpr std::uint64_t inverse(std::uint64_t odd) noexcept {
  auto found = odd;
  for (int step = 0; step < 5; ++step) {
    found *= 2 - odd * found;
  }
  return found;
}

constexpr std::uint64_t without_shift(std::uint64_t mixed, unsigned by) noexcept {
  auto found = mixed;
  for (auto covered = by; covered < 64; covered += by) {
    found = mixed ^ (found >> by);
  }
  return found;
}

/// The seed whose first random number is `drawn`.
constexpr std::uint64_t seed_of(std::uint64_t drawn) noexcept {
  auto mixed = without_shift(drawn, 31);
  mixed = without_shift(mixed * inverse(0x94d049bb133111ebU), 27);
  mixed = without_shift(mixed * inverse(0xbf58476d1ce4e5b9U), 30);
  return mixed - 0x9e3779b97f4a7c15U;
}
static_assert(seed_of(random_source{0}.next()) == 0);
static_assert(seed_of(random_source{0xfedcba9876543210}.next()) == 0xfedcba9876543210);

void append_decimal(std::uint64_t number, std::string& out) {
  std::array<char, sequence_digits> digits{};
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_random(std::size_t count, random_source& chance, std::string& out) {
  while (count > 0) {
    std::uint64_t word = chance.next();
    for (std::size_t byte = 0; byte < sizeof word && count > 0; ++byte, --count) {
      out.push_back(static_cast<char>(word & 0xff));
      word >>= 8;
    }
  }
}

} // namespace

std::uint64_t nonce_of(request_identity identity) noexcept {
  return random_source{identity.sequence * spread + key_of(identity.seed)}.next();
}

std::uint64_t sequence_of(std::uint64_t nonce, std::uint64_t seed) noexcept {
  return (seed_of(nonce) - key_of(seed)) * inverse(spread);
}

void append_nonce(std::uint64_t nonce, std::string& out) {
  for (int shift = 60; shift >= 0; shift -= 4) {
    out.push_back("0123456789abcdef"[(nonce >> shift) & 15]);
  }
}

namespace {

/// To what begins at `from`.
void add_length(std::size_t from, counted_piece::as how, std::string& out) {
  auto const length = std::to_string(out.size() - from);
  if (how == counted_piece::as::http_body) {
    out.insert(from, "Content-Length: " + length + "\r\n\r\n");
    return;
  }
  out.insert(from, "$" + length + "\r\n");
  out += "\r\n";
}

} // namespace

payload literal_payload(std::string bytes) {
  payload made;
  if (!bytes.empty()) {
    made.pieces.emplace_back(literal_piece{std::move(bytes)});
  }
  return made;
}

void append(payload& to, payload what) {
  to.pieces.insert(to.pieces.end(), std::make_move_iterator(what.pieces.begin()),
                   std::make_move_iterator(what.pieces.end()));
}

std::optional<payload> parse_template(std::string_view text, std::string& error) {
  payload made;
  std::string plain;
  auto const flush = [&] {
    if (!plain.empty()) {
      made.pieces.emplace_back(literal_piece{std::exchange(plain, {})});
    }
  };
  while (!text.empty()) {
    std::size_t const open = text.find("{{");
    plain += text.substr(0, open);
    if (open == std::string_view::npos) {
      break;
    }
    text.remove_prefix(open);
    if (text.starts_with("{{{{")) {
      plain += "{{";
      text.remove_prefix(4);
      continue;
    }
    std::size_t const close = text.find("}}");
    if (close == std::string_view::npos) {
      error = "a template that does not end: \"" + std::string{text.substr(0, 24)} + "\"";
      return std::nullopt;
    }
    std::string_view const name = text.substr(2, close - 2);
    flush();
    if (name == "nonce") {
      made.pieces.emplace_back(nonce_piece{});
    } else if (name == "seq") {
      made.pieces.emplace_back(sequence_piece{});
    } else if (name == "random" || name.starts_with("random ")) {
      error = "the template {{random}}, which is not supported yet";
      return std::nullopt;
    } else {
      error = "an unknown template \"" +
              std::string{text.substr(0, std::min<std::size_t>(close + 2, 40))} + "\"";
      return std::nullopt;
    }
    text.remove_prefix(close + 2);
  }
  flush();
  return made;
}

void render(payload const& what, request_identity identity, std::string& out) {
  out.clear();
  std::uint64_t const nonce = nonce_of(identity);
  random_source chance{~nonce};
  std::size_t uncounted = 0; // where what is being counted begins
  std::size_t pieces_left = 0;
  auto how = counted_piece::as::resp_string;
  for (payload_piece const& piece : what.pieces) {
    if (auto const* const counted = std::get_if<counted_piece>(&piece)) {
      uncounted = out.size();
      pieces_left = counted->pieces;
      how = counted->how;
      if (pieces_left == 0) {
        add_length(uncounted, how, out);
      }
      continue;
    }
    std::visit(overloaded{
                   [&](literal_piece const& literal) { out += literal.bytes; },
                   [&](nonce_piece const&) { append_nonce(nonce, out); },
                   [&](sequence_piece const&) { append_decimal(identity.sequence, out); },
                   [&](random_piece const& drawn) { append_random(drawn.count, chance, out); },
                   [](counted_piece const&) {},
               },
               piece);
    if (pieces_left > 0 && --pieces_left == 0) {
      add_length(uncounted, how, out);
    }
  }
}

std::size_t largest_size(payload const& what) noexcept {
  std::size_t total = 0;
  for (payload_piece const& piece : what.pieces) {
    total += std::visit(overloaded{
                            [](literal_piece const& literal) { return literal.bytes.size(); },
                            [](nonce_piece const&) { return nonce_digits; },
                            [](sequence_piece const&) { return sequence_digits; },
                            [](random_piece const& drawn) { return drawn.count; },
                            [](counted_piece const&) { return length_overhead; },
                        },
                        piece);
  }
  return total;
}

bool holds_nonce(payload const& what) noexcept {
  return std::any_of(what.pieces.begin(), what.pieces.end(), [](payload_piece const& piece) {
    return std::holds_alternative<nonce_piece>(piece);
  });
}

bool names_its_request(payload const& what) noexcept {
  return std::any_of(what.pieces.begin(), what.pieces.end(), [](payload_piece const& piece) {
    return std::holds_alternative<nonce_piece>(piece) ||
           std::holds_alternative<sequence_piece>(piece);
  });
}

} // namespace conecta::workload
