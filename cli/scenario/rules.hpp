#pragma once

// The keys of a scenario: one table an object, with each key's type, range, default and meaning.
// The tables say what is accepted, fill in defaults and word the messages; there is no second list.

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conecta::scenario {

enum class shape : std::uint8_t {
  whole, ///< a number without fraction, `low` to `high`
  real,  ///< a number, `least` to `most`
  boolean,
  text,             ///< `low` to `high` bytes
  name,             ///< 1 to 64 bytes without control characters
  duration,         ///< "250ms"; `low` to `high` in ns
  size,             ///< "64KiB" or a number of bytes; `low` to `high`
  per_second,       ///< "500/s"; `least` to `most`
  bytes_per_second, ///< "64KiB/s", at least `low`
  choice,           ///< one of `choices`
  moment,           ///< "STAGE+OFFSET"
  limit,            ///< what a threshold compares with: a number, or a text in the metric's unit
  url,              ///< of an endpoint
  payload,          ///< a text with templates, or an object of `inner`
  object,           ///< of `inner`
  objects,          ///< an array of `low` to `high` objects of `inner`
  names,            ///< an array of `low` to `high` names
  texts,            ///< an array of `low` to `high` texts with templates
};

enum class presence : std::uint8_t {
  optional,
  required,
  later, ///< known, and not supported yet
};

enum class nullable : std::uint8_t { never, means_none };

/// Whether an object's missing keys are filled in: not where it lies over another one.
enum class defaults : std::uint8_t { filled_in, left_out };

struct object_rule;

struct key_rule {
  std::string_view name;
  shape what = shape::text;
  std::string_view meaning = {};
  presence need = presence::optional;
  std::string_view fallback = {}; ///< JSON; empty where there is none
  std::uint64_t low = 0;
  std::uint64_t high = std::numeric_limits<std::int64_t>::max();
  double least = 0;
  double most = 1;
  std::span<std::string_view const> choices = {};
  object_rule const* inner = nullptr;
  nullable none = nullable::never;
  defaults fill = defaults::filled_in;
  std::span<std::string_view const> only_for = {}; ///< values of the object's deciding key
};

/// The keys that go with one value of the deciding key. One that stands among the object's own keys
/// too takes the place of that.
struct variant_rule {
  std::string_view decision = {};
  std::span<key_rule const> keys = {};
};

struct object_rule {
  std::string_view noun; ///< "an endpoint"
  std::span<key_rule const> keys;
  std::string_view decided_by = {}; ///< the choice that only_for and variants speak of
  std::span<std::string_view const> exactly_one = {}; ///< of these keys is given
  std::span<variant_rule const> variants = {};
};

/// The whole document.
[[nodiscard]] object_rule const& scenario_rule() noexcept;

/// Of the object's own keys, or else of the first variant that has it.
[[nodiscard]] key_rule const* find_key(object_rule const& rule, std::string_view name) noexcept;

/// The keys of objects whose deciding key has this value, each name once; "" is not known: all.
[[nodiscard]] std::vector<key_rule const*> keys_of(object_rule const& rule,
                                                   std::string_view decision);
/// The value of the deciding key where it is not written; "" if it must be.
[[nodiscard]] std::string_view usual_decision(object_rule const& rule) noexcept;
[[nodiscard]] key_rule const* find_key(std::span<key_rule const* const> keys,
                                       std::string_view name) noexcept;

/// The values of the deciding key with which the key goes; empty: with all.
[[nodiscard]] std::vector<std::string_view> decisions_of(object_rule const& rule,
                                                         std::string_view name);

/// What is accepted, in words: "a whole number from 1 to 16777216".
[[nodiscard]] std::string allowed(key_rule const& rule);

} // namespace conecta::scenario
