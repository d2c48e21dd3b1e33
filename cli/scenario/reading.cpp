#include "scenario/reading.hpp"

#include "scenario/quantity.hpp"
#include "scenario/wording.hpp"

namespace conecta::scenario {
namespace {

bool is(located const& from, value_kind kind) { return from && from->kind == kind; }

} // namespace

located located::operator[](std::string_view key) const {
  node const* const found = value != nullptr ? value->find(key) : nullptr;
  return {found != nullptr && !found->refused ? found : nullptr, below(pointer, key)};
}

located located::item(std::size_t index) const {
  node const& found = value->items[index];
  return {found.refused ? nullptr : &found, below(pointer, std::to_string(index))};
}

std::optional<std::string> read_text(located const& from) {
  return is(from, value_kind::string) ? std::optional{from->text} : std::nullopt;
}

std::optional<std::uint64_t> read_whole(located const& from) {
  return from ? from->whole : std::nullopt;
}

std::optional<double> read_real(located const& from) {
  return is(from, value_kind::number) ? std::optional{from->real} : std::nullopt;
}

std::optional<bool> read_boolean(located const& from) {
  return is(from, value_kind::boolean) ? std::optional{from->truth} : std::nullopt;
}

std::optional<duration> read_duration(located const& from) {
  if (!is(from, value_kind::string)) {
    return std::nullopt;
  }
  auto const parsed = parse_duration(from->text);
  auto const* const value = std::get_if<duration>(&parsed);
  return value != nullptr ? std::optional{*value} : std::nullopt;
}

std::optional<std::size_t> read_size(located const& from) {
  if (is(from, value_kind::string)) {
    auto const parsed = parse_size(from->text);
    auto const* const value = std::get_if<std::uint64_t>(&parsed);
    return value != nullptr ? std::optional<std::size_t>{*value} : std::nullopt;
  }
  return read_whole(from);
}

std::optional<std::uint64_t> read_byte_rate(located const& from) {
  return is(from, value_kind::string) ? parse_byte_rate(from->text) : std::nullopt;
}

std::optional<double> read_per_second(located const& from) {
  if (!is(from, value_kind::string)) {
    return std::nullopt;
  }
  auto const parsed = parse_per_second(from->text);
  auto const* const value = std::get_if<double>(&parsed);
  return value != nullptr ? std::optional{*value} : std::nullopt;
}

} // namespace conecta::scenario
