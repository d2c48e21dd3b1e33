#pragma once

// Values of a tree as the types they stand for; nothing for those that are missing, null or were
// refused. Whatever the tables accept, these read.

#include "scenario/located_json.hpp"

#include <conecta/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace conecta::scenario {

/// A node and where it stands, for messages about it.
struct located {
  node const* value = nullptr; ///< null where there is none to read
  std::string pointer;

  [[nodiscard]] explicit operator bool() const noexcept { return value != nullptr; }
  [[nodiscard]] node const& operator*() const noexcept { return *value; }
  [[nodiscard]] node const* operator->() const noexcept { return value; }

  [[nodiscard]] located operator[](std::string_view key) const;
  [[nodiscard]] located item(std::size_t index) const;
  [[nodiscard]] std::size_t size() const noexcept { return value ? value->items.size() : 0; }
  [[nodiscard]] bool is_null() const noexcept {
    return value != nullptr && value->kind == value_kind::null;
  }
};

[[nodiscard]] std::optional<std::string> read_text(located const& from);
[[nodiscard]] std::optional<std::uint64_t> read_whole(located const& from);
[[nodiscard]] std::optional<double> read_real(located const& from);
[[nodiscard]] std::optional<bool> read_boolean(located const& from);
[[nodiscard]] std::optional<duration> read_duration(located const& from);
[[nodiscard]] std::optional<std::size_t> read_size(located const& from);
[[nodiscard]] std::optional<std::uint64_t> read_byte_rate(located const& from);
[[nodiscard]] std::optional<double> read_per_second(located const& from);

/// The value that stands beside the text that was chosen.
template <class Enum, std::size_t Count>
[[nodiscard]] std::optional<Enum>
read_choice(located const& from,
            std::array<std::pair<std::string_view, Enum>, Count> const& meanings) {
  if (auto const text = read_text(from)) {
    for (auto const& [name, meaning] : meanings) {
      if (name == *text) {
        return meaning;
      }
    }
  }
  return std::nullopt;
}

/// `target = value`, if there is one.
template <class Target, class Value>
void assign(Target& target, std::optional<Value> value) {
  if (value) {
    target = static_cast<Target>(*std::move(value));
  }
}

} // namespace conecta::scenario
