#include "scenario/rules.hpp"

#include "scenario/quantity.hpp"
#include "scenario/wording.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace conecta::scenario {
namespace {

std::string number_text(double value) {
  std::array<char, 32> text{};
  auto const end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

std::string count_range(key_rule const& rule, std::string_view noun) {
  return std::to_string(rule.low) + " to " + std::to_string(rule.high) + " " + std::string{noun};
}

bool open_ended(key_rule const& rule) { return rule.high == key_rule{}.high; }

std::string range_text(std::string const& noun, key_rule const& rule, std::string const& low,
                       std::string const& high) {
  if (rule.low == rule.high) {
    return low;
  }
  return noun + (open_ended(rule) ? " of at least " + low : " from " + low + " to " + high);
}

std::string allowed_value(key_rule const& rule) {
  auto const as_duration = [](std::uint64_t ns) {
    return format_duration(duration{static_cast<std::int64_t>(ns)});
  };
  switch (rule.what) {
  case shape::whole:
    return range_text("a whole number", rule, std::to_string(rule.low), std::to_string(rule.high));
  case shape::real:
    return "a number from " + number_text(rule.least) + " to " + number_text(rule.most);
  case shape::boolean:
    return rule.choices.empty() ? "true or false" : std::string{rule.choices.front()};
  case shape::text:
    return open_ended(rule) ? "a text" : "a text of " + count_range(rule, "bytes");
  case shape::name:
    return "a text of 1 to 64 bytes without control characters";
  case shape::duration:
    return range_text("a duration", rule, as_duration(rule.low), as_duration(rule.high)) +
           ", such as \"250ms\"";
  case shape::size:
    return range_text("a size", rule, format_size(rule.low), format_size(rule.high)) +
           ", such as \"64KiB\" or a number of bytes";
  case shape::per_second:
    return "a rate from " + number_text(rule.least) + "/s to " + number_text(rule.most) +
           "/s, such as \"500/s\"";
  case shape::bytes_per_second:
    return "bytes a second, at least " + format_size(rule.low) + "/s, such as \"64KiB/s\"";
  case shape::choice:
    return (rule.choices.size() > 1 ? "one of " : "") + listed(rule.choices);
  case shape::moment:
    return "\"STAGE+OFFSET\", such as \"steady+3s\"";
  case shape::limit:
    return "a number from 0, or a text such as \"5ms\"";
  case shape::url:
    return "a URL such as \"tcp://127.0.0.1:6379\"";
  case shape::payload:
    return find_key(*rule.inner, "random") == nullptr
               ? "a text or { \"hex\": \"0aff\" }"
               : "a text, { \"hex\": \"0aff\" } or { \"random\": \"1KiB\" }";
  case shape::object:
    return "an object";
  case shape::objects:
    return "an array of " + count_range(rule, "objects");
  case shape::names:
  case shape::texts:
    return "an array of " + count_range(rule, "texts");
  }
  return "something else";
}

key_rule const* find_in(std::span<key_rule const> keys, std::string_view name) noexcept {
  auto const found = std::ranges::find(keys, name, &key_rule::name);
  return found == keys.end() ? nullptr : &*found;
}

bool applies(key_rule const& rule, std::string_view decision) noexcept {
  return rule.only_for.empty() || decision.empty() ||
         std::ranges::find(rule.only_for, decision) != rule.only_for.end();
}

} // namespace

key_rule const* find_key(object_rule const& rule, std::string_view name) noexcept {
  if (auto const* own = find_in(rule.keys, name)) {
    return own;
  }
  for (auto const& variant : rule.variants) {
    if (auto const* found = find_in(variant.keys, name)) {
      return found;
    }
  }
  return nullptr;
}

std::vector<key_rule const*> keys_of(object_rule const& rule, std::string_view decision) {
  std::vector<key_rule const*> found;
  for (auto const& key : rule.keys) {
    if (applies(key, decision)) {
      found.push_back(&key);
    }
  }
  for (auto const& variant : rule.variants) {
    if (!decision.empty() && variant.decision != decision) {
      continue;
    }
    for (auto const& key : variant.keys) {
      auto const same = std::ranges::find(found, key.name, &key_rule::name);
      if (same == found.end()) {
        found.push_back(&key);
      } else if (!decision.empty()) {
        *same = &key;
      }
    }
  }
  return found;
}

std::string_view usual_decision(object_rule const& rule) noexcept {
  auto const* const deciding = find_in(rule.keys, rule.decided_by);
  auto const quoted = deciding == nullptr ? std::string_view{} : deciding->fallback;
  return quoted.size() < 2 ? std::string_view{} : quoted.substr(1, quoted.size() - 2);
}

key_rule const* find_key(std::span<key_rule const* const> keys, std::string_view name) noexcept {
  auto const found = std::ranges::find(keys, name, &key_rule::name);
  return found == keys.end() ? nullptr : *found;
}

std::vector<std::string_view> decisions_of(object_rule const& rule, std::string_view name) {
  if (auto const* own = find_in(rule.keys, name)) {
    return {own->only_for.begin(), own->only_for.end()};
  }
  std::vector<std::string_view> found;
  for (auto const& variant : rule.variants) {
    if (find_in(variant.keys, name) != nullptr) {
      found.push_back(variant.decision);
    }
  }
  return found;
}

std::string allowed(key_rule const& rule) {
  return allowed_value(rule) + (rule.none == nullable::means_none ? ", or null for none" : "");
}

} // namespace conecta::scenario
