#include "scenario/exchange.hpp"

#include "scenario/wording.hpp"

#include <algorithm>
#include <utility>

namespace conecta::scenario {
namespace {

constexpr std::size_t largest_datagram = 65'507;

std::optional<unsigned> hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') {
    return static_cast<unsigned>(letter - '0');
  }
  if (letter >= 'a' && letter <= 'f') {
    return static_cast<unsigned>(letter - 'a') + 10;
  }
  if (letter >= 'A' && letter <= 'F') {
    return static_cast<unsigned>(letter - 'A') + 10;
  }
  return std::nullopt;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t index = 0; index + 1 < text.size(); index += 2) {
    auto const high = hex_digit(text[index]);
    auto const low = hex_digit(text[index + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(*high << 4 | *low));
  }
  return text.size() % 2 == 0 ? std::optional{bytes} : std::nullopt;
}

std::optional<std::string> read_hex(located const& from, problem_list& problems) {
  auto const text = read_text(from);
  if (!text) {
    return std::nullopt;
  }
  auto bytes = from_hex(*text);
  if (!bytes) {
    problems.add(from->where, from.pointer,
                 "found " + shown(*from) + "; allowed: pairs of hexadecimal digits");
  }
  return bytes;
}

// Templates in what is expected would read like those of what is sent, and never match.
bool refuse_template(located const& from, problem_list& problems) {
  auto const text = read_text(from);
  for (std::string_view const name : {"{{nonce}}", "{{seq}}"}) {
    if (text && text->find(name) != std::string::npos) {
      problems.add(
          from->where, from.pointer,
          "the template " + std::string{name} +
              " is not supported here yet; { \"echo\": true } compares with what was sent");
      return true;
    }
  }
  return false;
}

std::optional<net::expectation> read_expectation(located const& from, problem_list& problems) {
  net::expectation wanted;
  bool good = true;
  for (std::string_view const key : {"equals", "prefix", "regex"}) {
    good = !refuse_template(from[key], problems) && good;
  }
  wanted.equals = read_text(from["equals"]);
  wanted.prefix = read_text(from["prefix"]);
  wanted.min_bytes = read_size(from["min_bytes"]);
  if (auto text = read_text(from["regex"])) {
    std::string error;
    wanted.regex = net::pattern::compile(*std::move(text), error);
    if (!wanted.regex) {
      problems.add(from["regex"]->where, from["regex"].pointer,
                   "found " + shown(*from["regex"]) + ", no pattern: " + printable(error, 120));
      good = false;
    }
  }
  return good ? std::optional{std::move(wanted)} : std::nullopt;
}

std::optional<net::reply_framing> framing_of(located const& reply) {
  if (auto text = read_text(reply["until"])) {
    return net::until_delimiter{*std::move(text)};
  }
  if (auto const count = read_size(reply["bytes"])) {
    return net::exact_bytes{*count};
  }
  if (reply["echo"]) {
    return net::as_sent{};
  }
  if (reply["close"]) {
    return net::until_close{};
  }
  if (reply["none"]) {
    return net::no_reply{};
  }
  return std::nullopt;
}

} // namespace

std::optional<workload::payload> read_payload(located const& from, problem_list& problems) {
  if (auto const text = read_text(from)) {
    std::string error;
    auto parsed = workload::parse_template(*text, error);
    if (!parsed) {
      // What came from the environment may be a secret.
      problems.add(
          from->where, from.pointer,
          "found " +
              (from->raw ? shown(*from) + ", with a mistaken template" : printable(error, 200)) +
              "; allowed: {{nonce}}, {{seq}}, and {{{{ for a literal {{");
    }
    return parsed;
  }
  if (auto bytes = read_hex(from["hex"], problems)) {
    return workload::literal_payload(*std::move(bytes));
  }
  if (auto const count = read_size(from["random"])) {
    return workload::payload{{workload::random_piece{*count}}};
  }
  return std::nullopt;
}

std::optional<std::string> read_fixed_bytes(located const& from, problem_list& problems) {
  auto const what = read_payload(from, problems);
  if (!what) {
    return std::nullopt;
  }
  std::string bytes;
  for (workload::payload_piece const& piece : what->pieces) {
    auto const* const literal = std::get_if<workload::literal_piece>(&piece);
    if (literal == nullptr) {
      problems.add(from->where, from.pointer,
                   "found " + shown(*from) +
                       "; templates and random bytes are not supported "
                       "here yet; allowed: a text without them, or hex");
      return std::nullopt;
    }
    bytes += literal->bytes;
  }
  return bytes;
}

std::optional<net::expectation> read_expect(located const& from, problem_list& problems) {
  return from ? read_expectation(from, problems) : net::expectation{};
}

std::optional<reply_spec> read_reply(located const& object, transports over, std::size_t sent,
                                     problem_list& problems) {
  located const reply = object["reply"];
  located const expect = object["expect"];
  auto wanted = read_expect(expect, problems);
  bool const mistaken_reply = object->find("reply") != nullptr && !reply;
  if (!wanted || mistaken_reply) {
    return std::nullopt;
  }
  auto const refuse = [&](located const& at, std::string text) -> std::optional<reply_spec> {
    problems.add(at->where, at.pointer, std::move(text));
    return std::nullopt;
  };
  reply_spec made;
  made.expect = *std::move(wanted);
  if (reply) {
    auto const framing = framing_of(reply);
    if (!framing) {
      return std::nullopt;
    }
    made.framing = *framing;
  } else if (over.tcp && made.expect.equals) {
    made.framing = net::exact_bytes{made.expect.equals->size()};
  } else if (over.tcp) {
    return refuse(
        object, "no way to end its reply on TCP; add \"reply\": one of { \"until\": \"\\r\\n\" }, "
                "{ \"bytes\": 64 }, { \"echo\": true }, { \"close\": true }, { \"none\": true }");
  }
  bool const echo = std::holds_alternative<net::as_sent>(made.framing);
  bool const none = std::holds_alternative<net::no_reply>(made.framing);
  made.expect.same_as_sent = echo;
  if (over.udp && reply && !echo && !none) {
    return refuse(reply, "found " + shown(*reply) +
                             ", and a reply over UDP is one datagram; leave it out, or give "
                             "{ \"echo\": true } or { \"none\": true }");
  }
  if (over.udp && sent > largest_datagram) {
    return refuse(object["send"], "up to " + std::to_string(sent) +
                                      " bytes, and a datagram has at most " +
                                      std::to_string(largest_datagram));
  }
  if (none && expect) {
    return refuse(expect, "nothing is read, so nothing can be expected");
  }
  if (echo && sent == 0) {
    return refuse(reply, "an echo of nothing never comes");
  }
  if (auto const* exact = std::get_if<net::exact_bytes>(&made.framing);
      exact != nullptr && made.expect.equals && made.expect.equals->size() != exact->count) {
    return refuse(expect, "\"equals\" has " + std::to_string(made.expect.equals->size()) +
                              " bytes, and the reply " + std::to_string(exact->count));
  }
  return made;
}

void check_datagram(located const& from, std::string_view bytes, problem_list& problems) {
  constexpr std::size_t most = 65507; // RFC 768 and 791: 65535 less the two headers
  if (from && bytes.size() > most) {
    problems.add(from->where, from.pointer,
                 "found " + std::to_string(bytes.size()) +
                     " bytes; allowed over UDP: at most 65507, which a datagram holds");
  }
}

} // namespace conecta::scenario
