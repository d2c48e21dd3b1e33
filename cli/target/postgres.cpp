// PostgreSQL's protocol, version 3:
// https://www.postgresql.org/docs/15/protocol-message-formats.html

#include "protocol/octets.hpp"
#include "target/conversations.hpp"

#include <array>

namespace conecta::target {

namespace {

using protocol::number;
using protocol::order;

constexpr std::size_t longest_start = 10'000; ///< as in PostgreSQL
constexpr std::uint64_t version_3 = 3U << 16U;
constexpr std::uint64_t wants_tls = 80'877'103;
constexpr std::uint64_t wants_gss = 80'877'104;

std::string typed(char type, std::string_view body) {
  return type + number(body.size() + 4, 4, order::big) + std::string{body};
}
std::string c_string(std::string_view of) { return std::string{of} + '\0'; }
std::string ready_for_query() { return typed('Z', "I"); }

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> known_states{
    {{"53300", "sorry, too many clients already"},
     {"57P01", "terminating connection due to administrator command"},
     {"57P03", "the database system is starting up"},
     {"28P01", "password authentication failed"},
     {"3D000", "database does not exist"},
     {"40001", "could not serialize access due to concurrent update"},
     {"40P01", "deadlock detected"}}};

std::string error_response(bool fatal, std::string_view code, std::string_view meaning) {
  auto const severity = fatal ? "FATAL" : "ERROR";
  return typed('E', "S" + c_string(severity) + "V" + c_string(severity) + "C" + c_string(code) +
                        "M" + c_string(meaning) + '\0');
}

/// Said to who comes, never to who is in.
bool keeps_out(std::string_view code) {
  return code == "53300" || code == "57P03" || code == "3D000" || code.starts_with("28");
}

class postgres final : public one_by_one {
 public:
  explicit postgres(target_options const& options) : options_{options} {}

  whole_frames find(std::string_view received, std::size_t, std::size_t) override {
    auto const head = started_ ? std::size_t{1} : std::size_t{0};
    protocol::reader reads{received.substr(std::min(head, received.size()))};
    auto const size = reads.number(4, order::big);
    if (!size) {
      return {};
    }
    if (*size < (started_ ? 4 : 8) || (!started_ && *size > longest_start)) {
      return {1, received.size()};
    }
    return received.size() < head + *size ? whole_frames{} : whole_frames{1, head + *size};
  }

  said answer(std::string_view request, std::size_t) override {
    return started_ ? obey(request) : begin(request);
  }

  /// Whoever asks for TLS is asked to go on without, and who leaves is let go.
  [[nodiscard]] bool can_refuse(std::string_view request, std::string_view code) const override {
    return started_ ? request.starts_with('Q') && !keeps_out(code) : start_of(request) == version_3;
  }
  said refuse(std::string_view, std::string_view code) override {
    bool const fatal = !started_ || code.starts_with("57P");
    auto said = error_response(fatal, code, meaning_in(known_states, code));
    return say(fatal ? std::move(said) : std::move(said) + ready_for_query(), fatal);
  }

 private:
  static std::uint64_t start_of(std::string_view request) {
    protocol::reader reads{request};
    auto const size = reads.number(4, order::big);
    return size == request.size() ? reads.number(4, order::big).value_or(0) : 0;
  }

  said begin(std::string_view request) {
    auto const wants = start_of(request);
    if (wants == wants_tls || wants == wants_gss) {
      return say("N");
    }
    if (wants != version_3) { // to cancel, or nonsense
      return say({}, true);
    }
    started_ = true;
    std::string all = typed('R', number(0, 4, order::big));
    for (auto const& [name, value] :
         {std::pair{"server_version", "15.0"}, std::pair{"server_encoding", "UTF8"},
          std::pair{"client_encoding", "UTF8"}, std::pair{"DateStyle", "ISO, MDY"},
          std::pair{"integer_datetimes", "on"}, std::pair{"standard_conforming_strings", "on"}}) {
      all += typed('S', c_string(name) + c_string(value));
    }
    all += typed('K', number(1, 4, order::big) + number(1, 4, order::big));
    return say(all + ready_for_query());
  }

  said obey(std::string_view request) {
    switch (request[0]) {
    case 'Q': {
      auto const query = request.substr(5);
      bool const empty =
          query.find_first_not_of(std::string_view{" \t\r\n;\0", 6}) == std::string_view::npos;
      return say((empty ? typed('I', {}) : one_row()) + ready_for_query());
    }
    case 'X':
      return say({}, true);
    case 'P':
    case 'B':
    case 'C':
    case 'D':
    case 'E':
    case 'F':
    case 'H': // until 'S' the extended query has no answer
      return say({});
    case 'S':
      return say(error_response(false, "0A000", "there is no extended query here") +
                 ready_for_query());
    default:
      return say(error_response(true, "08P01", "invalid frontend message type"), true);
    }
  }

  [[nodiscard]] std::string one_row() const {
    auto const value = options_.reply.value_or("1");
    constexpr std::uint64_t type_of_text = 25;
    auto const column = c_string("reply") + number(0, 4, order::big) + number(0, 2, order::big) +
                        number(type_of_text, 4, order::big) + number(0xffff, 2, order::big) +
                        number(0xffffffff, 4, order::big) + number(0, 2, order::big);
    return typed('T', number(1, 2, order::big) + column) +
           typed('D', number(1, 2, order::big) + number(value.size(), 4, order::big) + value) +
           typed('C', c_string("SELECT 1"));
  }

  target_options const& options_;
  bool started_ = false;
};

} // namespace

std::unique_ptr<conversation> converse_postgres(target_options const& options) {
  return std::make_unique<postgres>(options);
}

} // namespace conecta::target
