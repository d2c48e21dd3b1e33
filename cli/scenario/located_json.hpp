#pragma once

// JSON read strictly, every value and key with its line. Comments are allowed; duplicate keys,
// more than 32 levels, more than 1 MiB, numbers that do not fit a double, bytes that are no UTF-8
// and anything after the end are mistakes. Numbers keep the text they were written as.

#include "scenario/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conecta::scenario {

inline constexpr std::size_t max_scenario_size = std::size_t{1} << 20;
inline constexpr std::size_t max_scenario_depth = 32;

enum class value_kind : std::uint8_t { null, boolean, number, string, array, object };

struct member;

struct node {
  value_kind kind = value_kind::null;
  place where;
  bool truth = false;                 ///< boolean
  bool refused = false;               ///< a problem was reported: nobody looks at it again
  std::string text;                   ///< string: decoded, expanded; number: as written
  std::optional<std::string> raw;     ///< string: before ${NAME} was expanded, where it was
  double real = 0;                    ///< number
  std::optional<std::uint64_t> whole; ///< number without sign, point and exponent
  std::vector<node> items;            ///< array
  std::vector<member> members;        ///< object, in the order written

  [[nodiscard]] node const* find(std::string_view key) const noexcept;
  [[nodiscard]] node* find(std::string_view key) noexcept;
};

struct member {
  std::string key;
  place where;
  node value;
};

[[nodiscard]] node string_node(std::string text, place where);

/// The tree, or nothing. Every mistake goes to `problems`; a duplicate key alone leaves a tree.
/// `override` marks every value as one of the command line.
[[nodiscard]] std::optional<node> parse_located(std::string_view text, problem_list& problems,
                                                std::uint32_t override = 0);

/// Compact and in ASCII, cut short, what a URL keeps secret as ***: for messages.
[[nodiscard]] std::string shown(node const& value);

/// Indented JSON; what fits stays on one line. Strings as they were written, before ${NAME} was
/// expanded.
[[nodiscard]] std::string written(node const& value);

} // namespace conecta::scenario
