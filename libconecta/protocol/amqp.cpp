#include "protocol/amqp.hpp"

#include "protocol/octets.hpp"

#include <utility>

namespace conecta::protocol {

namespace {

constexpr std::string_view start_of_amqp = "Connection.Start of AMQP 0-9-1";
constexpr std::uint64_t connection_class = 10;
constexpr char frame_end = '\xce';

enum class method : std::uint16_t {
  start = 10,
  start_ok = 11,
  tune = 30,
  tune_ok = 31,
  open = 40,
  open_ok = 41,
  close = 50,
  close_ok = 51,
};

std::string short_text(std::string_view value) {
  return number(value.size(), 1, order::big).append(value.substr(0, 255));
}
std::string long_text(std::string_view value) {
  return number(value.size(), 4, order::big).append(value);
}

/// A method frame of channel 0.
std::string frame(method which, std::string const& arguments) {
  auto const payload = number(connection_class, 2, order::big) +
                       number(static_cast<std::uint64_t>(which), 2, order::big) + arguments;
  return number(1, 1, order::big) + number(0, 2, order::big) +
         number(payload.size(), 4, order::big) + payload + frame_end;
}

/// So that a broker says that it rejects credentials, instead of hanging up.
std::string client_properties() {
  auto const capabilities = short_text("authentication_failure_close") + 't' + '\x01';
  return long_text(short_text("capabilities") + 'F' + long_text(capabilities) +
                   short_text("product") + 'S' + long_text("conecta"));
}

class amqp_conversation final : public conversation {
 public:
  explicit amqp_conversation(amqp_options options) : options_{std::move(options)} {}

  std::string begin() override { return {"AMQP\x00\x00\x09\x01", 8}; }

  step hear(std::string_view unread) override {
    constexpr std::string_view header = "AMQP"; // with the version that it would speak
    if (unread.starts_with(header.substr(0, unread.size()))) {
      return unread.size() < header.size()
                 ? step{}
                 : step{.end = unready("version", "it does not speak AMQP 0-9-1")};
    }
    reader from{unread};
    auto const type = from.number(1, order::big);
    if (*type != 1 && *type != 8) { // a method, or a heartbeat
      return {.end = foreign(start_of_amqp, unread)};
    }
    auto const channel = from.number(2, order::big);
    auto const size = from.number(4, order::big);
    if ((channel && *channel != 0) || (size && *size > most_heard)) {
      return {.end = foreign(start_of_amqp, unread)};
    }
    auto const payload = size ? from.bytes(*size) : std::nullopt;
    auto const end = payload ? from.bytes(1) : std::nullopt;
    if (!end) {
      return {};
    }
    if (end->front() != frame_end) {
      return {.end = foreign(start_of_amqp, unread)};
    }
    auto made = *type == 8 ? step{} : judge(*payload);
    made.used = 8 + *size;
    return made;
  }

  /// While it waits for a proof, hanging up is all that the protocol has.
  std::string farewell() override {
    constexpr std::uint64_t success = 200;
    if (refused_) {
      return frame(method::close_ok, "");
    }
    return opened_ ? frame(method::close, number(success, 2, order::big) + short_text("bye") +
                                              number(0, 4, order::big))
                   : std::string{};
  }

 private:
  step judge(std::string_view payload) {
    reader from{payload};
    auto const of_class = from.number(2, order::big);
    auto const of_method = from.number(2, order::big);
    if (of_class != connection_class || !of_method) {
      return {.end = foreign(start_of_amqp, payload)};
    }
    switch (static_cast<method>(*of_method)) {
    case method::start:
      if (options_.asks < level::auth) {
        return {.end = ready()};
      }
      if (!takes_passwords(from)) {
        return {.end = unready("mechanism", "it takes no PLAIN user and password")};
      }
      return {.say = frame(method::start_ok,
                           client_properties() + short_text("PLAIN") +
                               long_text('\0' + options_.user + '\0' + options_.password) +
                               short_text("en_US"))};
    case method::tune:
      return tuned(from);
    case method::open_ok:
      opened_ = true;
      return {.end = ready()};
    case method::close:
      refused_ = true;
      return {.end = closed_by_it(from)};
    case method::start_ok:
    case method::tune_ok:
    case method::open:
    case method::close_ok:
      break;
    }
    return {.end = foreign(start_of_amqp, payload)};
  }

  /// The version, a table of properties, and mechanisms with spaces between.
  static bool takes_passwords(reader from) {
    static_cast<void>(from.bytes(2));
    auto const size = from.number(4, order::big);
    static_cast<void>(from.bytes(size.value_or(most_heard)));
    auto const length = from.number(4, order::big);
    auto const mechanisms = from.bytes(length.value_or(most_heard));
    return mechanisms &&
           (" " + std::string{*mechanisms} + " ").find(" PLAIN ") != std::string::npos;
  }

  [[nodiscard]] step tuned(reader from) const {
    auto const limits = from.bytes(6); // channels and the size of frames: as it wants them
    if (!limits) {
      return {.end = foreign(start_of_amqp, from.rest())};
    }
    auto const host = options_.virtual_host.empty() ? std::string{"/"} : options_.virtual_host;
    return {.say = frame(method::tune_ok, std::string{*limits} + number(0, 2, order::big)) +
                   frame(method::open, short_text(host) + short_text("") + '\0')};
  }

  static verdict closed_by_it(reader from) {
    constexpr std::uint64_t access_refused = 403;
    constexpr std::uint64_t not_allowed = 530;
    auto const code = from.number(2, order::big);
    auto const length = code ? from.number(1, order::big) : std::nullopt;
    auto const text = length ? from.bytes(*length) : std::nullopt;
    if (!text) {
      return foreign("Connection.Close of AMQP", from.rest());
    }
    auto const detail = std::to_string(*code) + ": " + std::string{*text};
    if (*code == access_refused) {
      return denied(detail);
    }
    bool const full = *code == not_allowed && text->find("limit") != std::string_view::npos;
    return unready(full ? "saturated" : "error", detail);
  }

  amqp_options options_;
  bool opened_ = false;
  bool refused_ = false;
};

} // namespace

std::unique_ptr<conversation> speak_amqp(amqp_options options) {
  return std::make_unique<amqp_conversation>(std::move(options));
}

} // namespace conecta::protocol
