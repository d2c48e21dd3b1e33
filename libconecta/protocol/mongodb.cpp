#include "protocol/mongodb.hpp"

#include "protocol/octets.hpp"

#include <bit>
#include <utility>

namespace conecta::protocol {

namespace {

constexpr std::string_view reply_to_hello = "the reply to hello of MongoDB";
constexpr std::uint64_t op_msg = 2013;
constexpr std::uint64_t number_of_request = 1;
constexpr std::size_t size_of_header = 16;

enum class bson : std::uint8_t {
  real = 0x01,
  text = 0x02,
  document = 0x03,
  array = 0x04,
  binary = 0x05,
  undefined = 0x06,
  object_id = 0x07,
  boolean = 0x08,
  date = 0x09,
  null = 0x0a,
  regular_expression = 0x0b,
  pointer = 0x0c,
  code = 0x0d,
  symbol = 0x0e,
  code_with_scope = 0x0f,
  int32 = 0x10,
  timestamp = 0x11,
  int64 = 0x12,
  decimal = 0x13,
  max_key = 0x7f,
  min_key = 0xff,
};

struct element {
  bson type = bson::null;
  std::string_view name = {};
  std::string_view value = {}; ///< of a text without its length and its NUL

  [[nodiscard]] std::uint64_t whole() const {
    return reader{value}.number(static_cast<unsigned>(value.size()), order::little).value_or(0);
  }
  /// A boolean, or a number other than 0.
  [[nodiscard]] bool holds() const {
    return type == bson::real ? std::bit_cast<double>(whole()) != 0 : whole() != 0;
  }
};

/// A length, and so many bytes behind it.
std::optional<std::string_view> counted(reader& from, std::size_t more) {
  auto const length = from.number(4, order::little);
  return length ? from.bytes(*length + more) : std::nullopt;
}

/// A length that counts its own four bytes.
std::optional<std::string_view> enclosed(reader& from) {
  auto const length = from.number(4, order::little);
  return length && *length >= 4 ? from.bytes(*length - 4) : std::nullopt;
}

std::optional<std::string_view> value_of(bson type, reader& from) {
  switch (type) {
  case bson::undefined:
  case bson::null:
  case bson::max_key:
  case bson::min_key:
    return std::string_view{};
  case bson::boolean:
    return from.bytes(1);
  case bson::int32:
    return from.bytes(4);
  case bson::real:
  case bson::date:
  case bson::timestamp:
  case bson::int64:
    return from.bytes(8);
  case bson::object_id:
    return from.bytes(12);
  case bson::decimal:
    return from.bytes(16);
  case bson::text:
  case bson::code:
  case bson::symbol: {
    auto const text = counted(from, 0);
    return text && text->ends_with('\0') ? std::optional{text->substr(0, text->size() - 1)}
                                         : std::nullopt;
  }
  case bson::binary:
    return counted(from, 1);
  case bson::pointer: {
    auto const text = counted(from, 0);
    return text ? from.bytes(12) : std::nullopt;
  }
  case bson::document:
  case bson::array:
  case bson::code_with_scope:
    return enclosed(from);
  case bson::regular_expression: {
    auto const pattern = from.text();
    return pattern ? from.text() : std::nullopt;
  }
  }
  return std::nullopt;
}

/// What of the reply is looked at.
struct hello_reply {
  bool succeeded = false;
  bool primary = false; ///< also one that is alone, and a mongos
  bool secondary = false;
  bool arbiter = false;
  std::uint64_t code = 0;
  std::string_view refusal;
};

void note(element const& one, hello_reply& into) {
  if (one.name == "ok") {
    into.succeeded = one.holds();
  } else if (one.name == "isWritablePrimary") {
    into.primary = one.holds();
  } else if (one.name == "secondary") {
    into.secondary = one.holds();
  } else if (one.name == "arbiterOnly") {
    into.arbiter = one.holds();
  } else if (one.name == "code" && one.type == bson::int32) {
    into.code = one.whole();
  } else if (one.name == "errmsg" && one.type == bson::text) {
    into.refusal = one.value;
  }
}

/// None: that is no document.
std::optional<hello_reply> read_document(std::string_view text) {
  reader from{text};
  auto const size = from.number(4, order::little);
  if (!size || *size > text.size()) {
    return std::nullopt;
  }
  hello_reply made;
  while (auto const type = from.number(1, order::little)) {
    if (*type == 0) {
      return made;
    }
    element one{.type = static_cast<bson>(*type)};
    auto const name = from.text();
    auto const value = name ? value_of(one.type, from) : std::nullopt;
    if (!value) {
      return std::nullopt;
    }
    one.name = *name;
    one.value = *value;
    note(one, made);
  }
  return std::nullopt;
}

class mongodb_conversation final : public conversation {
 public:
  explicit mongodb_conversation(mongodb_options options) : options_{options} {}

  /// {hello: 1, $db: "admin"}
  std::string begin() override {
    auto const element = [](bson type, std::string_view name, std::string const& value) {
      return number(static_cast<std::uint64_t>(type), 1, order::little).append(name) + '\0' + value;
    };
    auto const elements = element(bson::int32, "hello", number(1, 4, order::little)) +
                          element(bson::text, "$db", number(6, 4, order::little) + "admin" + '\0') +
                          '\0';
    auto const document = number(elements.size() + 4, 4, order::little) + elements;
    auto const flags_and_kind = number(0, 5, order::little);
    return number(size_of_header + flags_and_kind.size() + document.size(), 4, order::little) +
           number(number_of_request, 4, order::little) + number(0, 4, order::little) +
           number(op_msg, 4, order::little) + flags_and_kind + document;
  }

  step hear(std::string_view unread) override {
    reader from{unread};
    auto const size = from.number(4, order::little);
    static_cast<void>(from.number(4, order::little)); // its own number
    auto const answers = from.number(4, order::little);
    auto const code = from.number(4, order::little);
    if ((size && (*size < size_of_header || *size > most_heard)) ||
        (answers && *answers != number_of_request) || (code && *code != op_msg)) {
      return {.end = foreign(reply_to_hello, unread)};
    }
    auto const body = code ? from.bytes(*size - size_of_header) : std::nullopt;
    if (!body) {
      return {};
    }
    reader sections{*body};
    static_cast<void>(sections.number(4, order::little)); // flags
    auto const kind = sections.number(1, order::little);
    auto const reply = kind == 0U ? read_document(sections.rest()) : std::nullopt;
    return {.used = *size, .end = reply ? judge(*reply) : foreign(reply_to_hello, unread)};
  }

 private:
  [[nodiscard]] verdict judge(hello_reply const& reply) const {
    if (!reply.succeeded) {
      return judge_mongodb_error(reply.code, reply.refusal);
    }
    using enum mongodb_standing;
    auto const found = reply.arbiter     ? arbiter
                       : reply.primary   ? primary
                       : reply.secondary ? secondary
                                         : none;
    return judge_mongodb_standing(found, options_.wanted);
  }

  mongodb_options options_;
};

} // namespace

mongodb_options::role mongodb_role_in(net::endpoint_url const& to) {
  using role = mongodb_options::role;
  auto const written = to.query_value("role");
  return !written ? role::any : *written == "primary" ? role::primary : role::secondary;
}

verdict judge_mongodb_standing(mongodb_standing found, mongodb_options::role wanted) {
  using role = mongodb_options::role;
  switch (found) {
  case mongodb_standing::none:
    return unready("recovering", "it is neither primary nor secondary now");
  case mongodb_standing::arbiter:
    return unready("role", "it is an arbiter, and holds no data");
  case mongodb_standing::primary:
    return wanted == role::secondary ? unready("role", "it is a primary") : ready();
  case mongodb_standing::secondary:
    return wanted == role::primary ? unready("role", "it is a secondary") : ready();
  }
  return ready();
}

verdict judge_mongodb_error(std::uint64_t code, std::string_view text) {
  constexpr std::uint64_t unauthorized = 13;
  constexpr std::uint64_t authentication_failed = 18;
  constexpr std::uint64_t command_not_found = 59;
  constexpr std::uint64_t shutdown_in_progress = 91;
  constexpr std::uint64_t interrupted_at_shutdown = 11'600;
  auto const detail = std::to_string(code) + ": " + std::string{text};
  switch (code) {
  case unauthorized:
  case authentication_failed:
    return denied(detail);
  case command_not_found: // before 4.4.2
    return unready("version", detail);
  case shutdown_in_progress:
  case interrupted_at_shutdown:
    return unready("stopping", detail);
  default:
    return unready("error", detail);
  }
}

std::unique_ptr<conversation> speak_mongodb(mongodb_options options) {
  return std::make_unique<mongodb_conversation>(options);
}

} // namespace conecta::protocol
