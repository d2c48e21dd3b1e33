#include "sim/option_text.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <optional>

namespace conecta::sim {

namespace {

template <class Enum>
struct enum_names;
template <>
struct enum_names<idle_order> {
  static constexpr std::array<std::string_view, 2> names{"lifo", "fifo"};
};
template <>
struct enum_names<on_return> {
  static constexpr std::array<std::string_view, 2> names{"lend_again", "reset"};
};
template <>
struct enum_names<fairness> {
  static constexpr std::array<std::string_view, 2> names{"strict", "barging"};
};
template <>
struct enum_names<acquire_check> {
  static constexpr std::array<std::string_view, 3> names{"none", "if_idle_for", "always"};
};
template <>
struct enum_names<bad_check> {
  static constexpr std::array<std::string_view, 2> names{"concerns_it_alone",
                                                         "makes_older_suspect"};
};
template <>
struct enum_names<while_down> {
  static constexpr std::array<std::string_view, 2> names{"wait", "fail_fast"};
};

template <class Number>
  requires std::integral<Number> || std::floating_point<Number>
std::string text_of(Number value) {
  std::array<char, 32> text{};
  auto const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}
std::string text_of(duration value) { return text_of(value.count()); }
template <class Value>
std::string text_of(std::optional<Value> const& value) {
  return value ? text_of(*value) : "none";
}
template <class Enum>
  requires requires { enum_names<Enum>::names; }
std::string text_of(Enum value) {
  return std::string{enum_names<Enum>::names[static_cast<std::size_t>(value)]};
}

template <class Number>
  requires std::integral<Number> || std::floating_point<Number>
bool read(std::string_view text, Number& value) {
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size();
}
bool read(std::string_view text, duration& value) {
  duration::rep count = 0;
  auto const good = read(text, count);
  value = duration{count};
  return good;
}
template <class Value>
bool read(std::string_view text, std::optional<Value>& value) {
  if (text == "none") {
    value.reset();
    return true;
  }
  return read(text, value.emplace());
}
template <class Enum>
  requires requires { enum_names<Enum>::names; }
bool read(std::string_view text, Enum& value) {
  auto const& names = enum_names<Enum>::names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) {
      value = static_cast<Enum>(i);
      return true;
    }
  }
  return false;
}

} // namespace

std::vector<std::pair<std::string, std::string>> option_texts(pool_options const& options) {
  std::vector<std::pair<std::string, std::string>> texts;
  visit_options(options, [&](char const* name, auto const& field) {
    texts.emplace_back(name, text_of(field));
  });
  return texts;
}

option_reading read_option(pool_options& options, std::string_view name, std::string_view value) {
  auto found = option_reading::unknown_name;
  visit_options(options, [&](std::string_view known, auto& field) {
    if (known == name) {
      found = read(value, field) ? option_reading::read : option_reading::bad_value;
    }
  });
  return found;
}

} // namespace conecta::sim
