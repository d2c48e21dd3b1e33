// MySQL's protocol with 4.1's handshake:
// https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html

#include "protocol/octets.hpp"
#include "target/conversations.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace conecta::target {

namespace {

using protocol::number;
using protocol::order;

constexpr std::size_t head_size = 4; ///< of a packet
constexpr std::uint64_t utf8mb4 = 45;
constexpr std::uint64_t autocommit = 2;
/// Long passwords, long flags, a database, 4.1's protocol, transactions, 4.1's authentication,
/// plugins for it.
constexpr std::uint64_t capabilities = 0x1U | 0x4U | 0x8U | 0x200U | 0x2000U | 0x8000U | 0x80000U;

enum class command : unsigned char {
  quit = 0x01,
  init_db = 0x02,
  query = 0x03,
  ping = 0x0e,
  reset_connection = 0x1f,
};

std::string packet(unsigned sequence, std::string_view body) {
  return number(body.size(), 3, order::little) + static_cast<char>(sequence) + std::string{body};
}

/// A text with its length before it.
std::string counted(std::string_view text) {
  auto const size = text.size();
  auto const head = size < 251       ? number(size, 1, order::little)
                    : size <= 0xffff ? '\xfc' + number(size, 2, order::little)
                                     : '\xfd' + number(size, 3, order::little);
  return head + std::string{text};
}

std::string ok_body() {
  return std::string("\0\0\0", 3) + number(autocommit, 2, order::little) + std::string(2, '\0');
}
std::string end_of_rows() {
  return "\xfe" + std::string(2, '\0') + number(autocommit, 2, order::little);
}

struct known_error {
  unsigned number;
  char const* state;
  char const* meaning;
};
constexpr std::array known_errors{
    known_error{1040, "08004", "Too many connections"},
    known_error{1045, "28000", "Access denied"},
    known_error{1047, "08S01", "Unknown command"},
    known_error{1053, "08S01", "Server shutdown in progress"},
    known_error{1129, "HY000", "Host is blocked because of many connection errors"},
    known_error{1130, "HY000", "Host is not allowed to connect to this server"},
    known_error{1205, "HY000", "Lock wait timeout exceeded; try restarting transaction"},
    known_error{1213, "40001", "Deadlock found when trying to get lock"},
    known_error{1290, "HY000", "The server is running with the --read-only option"}};

known_error error_numbered(unsigned code) {
  auto const* const found = std::ranges::find(known_errors, code, &known_error::number);
  return found != known_errors.end() ? *found : known_error{code, "HY000", "injected"};
}

// Said to who comes, never to who is in.
constexpr std::array<std::string_view, 3> of_the_greeting{"1040", "1129", "1130"};
constexpr std::array<std::string_view, 3> of_the_login{"1044", "1045", "1049"};

class mysql final : public one_by_one {
 public:
  explicit mysql(target_options const& options) : options_{options} {}

  said greet() override {
    constexpr std::string_view salt = "conecta!conecta!cone";
    greeting_ = packet(0, "\x0a" + std::string{"8.0.0-conecta"} + '\0' +
                              number(1, 4, order::little) + std::string{salt.substr(0, 8)} + '\0' +
                              number(capabilities & 0xffffU, 2, order::little) +
                              static_cast<char>(utf8mb4) + number(autocommit, 2, order::little) +
                              number(capabilities >> 16U, 2, order::little) +
                              static_cast<char>(salt.size() + 1) + std::string(10, '\0') +
                              std::string{salt.substr(8)} + '\0' + "mysql_native_password" + '\0');
    return {greeting_};
  }

  whole_frames find(std::string_view received, std::size_t, std::size_t) override {
    protocol::reader reads{received};
    auto const size = reads.number(3, order::little);
    return !size || received.size() < head_size + *size ? whole_frames{}
                                                        : whole_frames{1, head_size + *size};
  }

  said answer(std::string_view request, std::size_t) override {
    auto const sequence = next_after(request);
    if (!let_in_) {
      let_in_ = true;
      return say(packet(sequence, ok_body()));
    }
    switch (command_of(request)) {
    case command::quit:
      return say({}, true);
    case command::init_db:
    case command::ping:
    case command::reset_connection:
      return say(packet(1, ok_body()));
    case command::query:
      return say(one_row());
    default:
      return say(error(1, 1047));
    }
  }

  [[nodiscard]] bool can_refuse(std::string_view request, std::string_view code) const override {
    auto const is_one_of = [code](auto const& codes) {
      return std::ranges::find(codes, code) != std::end(codes);
    };
    if (request.empty()) {
      return !is_one_of(of_the_login);
    }
    if (!let_in_) {
      return !is_one_of(of_the_greeting);
    }
    return command_of(request) != command::quit && !is_one_of(of_the_greeting) &&
           !is_one_of(of_the_login);
  }
  said refuse(std::string_view request, std::string_view code) override {
    unsigned which = 0;
    std::from_chars(code.data(), code.data() + code.size(), which);
    if (request.empty()) { // before the client has said which protocol it speaks
      greeting_ =
          packet(0, "\xff" + number(which, 2, order::little) + error_numbered(which).meaning);
      return {greeting_, true};
    }
    constexpr unsigned stopping = 1053;
    return say(error(next_after(request), which), !let_in_ || which == stopping);
  }

 private:
  static unsigned next_after(std::string_view request) {
    return (static_cast<unsigned char>(request[3]) + 1U) & 0xffU;
  }
  static command command_of(std::string_view request) {
    return static_cast<command>(request.size() > head_size ? request[head_size] : 0);
  }

  static std::string error(unsigned sequence, unsigned code) {
    auto const meant = error_numbered(code);
    return packet(sequence,
                  "\xff" + number(code, 2, order::little) + "#" + meant.state + meant.meaning);
  }

  [[nodiscard]] std::string one_row() const {
    auto const value = options_.reply.value_or("1");
    constexpr std::uint64_t type_of_text = 0xfd;
    auto const column = counted("def") + counted("") + counted("") + counted("") +
                        counted("reply") + counted("") + "\x0c" +
                        number(utf8mb4, 2, order::little) + number(0xffff, 4, order::little) +
                        number(type_of_text, 1, order::little) + std::string(5, '\0');
    return packet(1, "\x01") + packet(2, column) + packet(3, end_of_rows()) +
           packet(4, counted(value)) + packet(5, end_of_rows());
  }

  target_options const& options_;
  std::string greeting_;
  bool let_in_ = false;
};

} // namespace

std::unique_ptr<conversation> converse_mysql(target_options const& options) {
  return std::make_unique<mysql>(options);
}

} // namespace conecta::target
