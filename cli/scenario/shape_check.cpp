#include "scenario/shape_check.hpp"

#include "scenario/key_tables.hpp"
#include "scenario/quantity.hpp"
#include "scenario/wording.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace conecta::scenario {
namespace {

void expand_below(node& value, std::string const& pointer, environment const& lookup,
                  problem_list& problems) {
  if (value.kind == value_kind::string && !value.refused &&
      value.text.find('$') != std::string::npos) {
    auto expanded = expand(value.text, lookup);
    if (auto const* failed = std::get_if<not_expanded>(&expanded)) {
      problems.add(value.where, pointer, failed->reason);
      value.refused = true;
      return;
    }
    value.raw = std::exchange(value.text, std::get<std::string>(std::move(expanded)));
    return;
  }
  for (std::size_t index = 0; index < value.items.size(); ++index) {
    expand_below(value.items[index], below(pointer, std::to_string(index)), lookup, problems);
  }
  for (member& each : value.members) {
    expand_below(each.value, below(pointer, each.key), lookup, problems);
  }
}

bool contains(std::span<std::string_view const> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What the object's deciding key says, or means where it is not written; "" is not known.
std::string decision_in(node const& object, object_rule const& rule) {
  if (rule.decided_by.empty()) {
    return {};
  }
  node const* const decider = object.find(rule.decided_by);
  if (decider == nullptr) {
    return std::string{usual_decision(rule)};
  }
  return decider->kind == value_kind::string ? decider->text : std::string{};
}

class checker {
 public:
  explicit checker(problem_list& problems) : problems_{problems} {}

  void object(node& value, std::string const& pointer, object_rule const& rule) {
    if (value.refused) {
      return;
    }
    if (value.kind != value_kind::object) {
      refuse(value, pointer, "found " + shown(value) + "; allowed: an object");
      return;
    }
    std::string const decision = decision_in(value, rule);
    key_rule const* const deciding = find_key(rule, rule.decided_by);
    bool const decided = deciding != nullptr && contains(deciding->choices, decision);
    // Which keys go with a choice of later work, or a mistyped one, is not known.
    bool const guesswork = deciding != nullptr && !decision.empty() && !decided;
    auto const keys = keys_of(rule, decided ? decision : std::string{});

    for (member& each : value.members) {
      key_rule const* const key = find_key(keys, each.key);
      key_rule const* const others = key == nullptr ? find_key(rule, each.key) : key;
      if (others == nullptr && guesswork) {
        each.value.refused = true;
      } else if (others == nullptr) {
        unknown_key(each, pointer, rule, keys);
      } else if (others->need == presence::later) {
        refuse(each.value, below(pointer, each.key), "not supported yet", each.where);
      } else if (key == nullptr) {
        refuse(each.value, below(pointer, each.key),
               "not a key of " + in_quotes(decision) + "; it belongs to " +
                   listed(decisions_of(rule, each.key)),
               each.where);
      } else {
        check(each.value, below(pointer, each.key), *key);
      }
    }
    for (key_rule const* const key : keys) {
      if (key->need == presence::required && value.find(key->name) == nullptr && !guesswork &&
          (decided || decisions_of(rule, key->name).empty())) {
        problems_.add(value.where, pointer,
                      "the key " + in_quotes(key->name) + " is missing: " +
                          std::string{key->meaning} + "; allowed: " + allowed(*key));
      }
    }
    exactly_one(value, pointer, rule);
  }

 private:
  void refuse(node& value, std::string const& pointer, std::string text) {
    refuse(value, pointer, std::move(text), value.where);
  }
  void refuse(node& value, std::string const& pointer, std::string text, place where) {
    problems_.add(where, pointer, std::move(text));
    value.refused = true;
  }
  void refuse_as(node& value, std::string const& pointer, key_rule const& key) {
    refuse(value, pointer, "found " + shown(value) + "; allowed: " + allowed(key));
  }

  void unknown_key(member& found, std::string const& pointer, object_rule const& rule,
                   std::span<key_rule const* const> keys) {
    found.value.refused = true;
    if (problems_.full()) {
      problems_.add(found.where, {}, {});
      return;
    }
    std::vector<std::string_view> known;
    std::vector<std::string_view> supported;
    for (key_rule const* const key : keys) {
      known.push_back(key->name);
      if (key->need != presence::later) {
        supported.push_back(key->name);
      }
    }
    problems_.add(found.where, below(pointer, found.key),
                  "unknown key" + did_you_mean(found.key, known) + "; allowed in " +
                      std::string{rule.noun} + ": " + listed(supported));
  }

  void exactly_one(node const& value, std::string const& pointer, object_rule const& rule) {
    if (rule.exactly_one.empty()) {
      return;
    }
    std::vector<std::string_view> given;
    for (std::string_view const name : rule.exactly_one) {
      if (value.find(name) != nullptr) {
        given.push_back(name);
      }
    }
    if (given.size() != 1) {
      problems_.add(value.where, pointer,
                    (given.empty() ? "found none" : "found " + listed(given)) +
                        "; allowed: exactly one of " + listed(rule.exactly_one));
    }
  }

  void check(node& value, std::string const& pointer, key_rule const& key) {
    if (value.refused || (value.kind == value_kind::null && key.none == nullable::means_none)) {
      return;
    }
    switch (key.what) {
    case shape::object:
      if (value.kind != value_kind::object) {
        refuse_as(value, pointer, key);
        return;
      }
      object(value, pointer, *key.inner);
      return;
    case shape::payload:
      if (value.kind == value_kind::object) {
        object(value, pointer, *key.inner);
      } else if (value.kind != value_kind::string) {
        refuse_as(value, pointer, key);
      }
      return;
    case shape::objects:
    case shape::names:
    case shape::texts:
      array(value, pointer, key);
      return;
    case shape::whole:
      if (!value.whole || *value.whole < key.low || *value.whole > key.high) {
        refuse_as(value, pointer, key);
      }
      return;
    case shape::real:
      if (value.kind != value_kind::number || value.real < key.least || value.real > key.most) {
        refuse_as(value, pointer, key);
      }
      return;
    case shape::boolean:
      boolean(value, pointer, key);
      return;
    case shape::duration:
      duration_text(value, pointer, key);
      return;
    case shape::size:
      size_value(value, pointer, key);
      return;
    case shape::per_second:
      rate(value, pointer, key);
      return;
    case shape::bytes_per_second:
      byte_rate(value, pointer, key);
      return;
    case shape::limit:
      if (value.kind != value_kind::string &&
          (value.kind != value_kind::number || value.real < 0)) {
        refuse_as(value, pointer, key);
      }
      return;
    case shape::choice:
      choice(value, pointer, key);
      return;
    case shape::text:
      if (value.kind != value_kind::string || value.text.size() < key.low ||
          value.text.size() > key.high) {
        refuse_as(value, pointer, key);
      }
      return;
    case shape::name:
    case shape::url:
    case shape::moment:
      if (value.kind != value_kind::string || value.text.empty() || has_control(value.text) ||
          (key.what == shape::name && value.text.size() > 64)) {
        refuse_as(value, pointer, key);
      }
      return;
    }
  }

  void array(node& value, std::string const& pointer, key_rule const& key) {
    if (value.kind != value_kind::array) {
      refuse_as(value, pointer, key);
      return;
    }
    if (value.items.size() < key.low || value.items.size() > key.high) {
      refuse(value, pointer,
             "found " + std::to_string(value.items.size()) + " elements; allowed: " + allowed(key));
      return;
    }
    key_rule const element = key.what == shape::texts
                                 ? key_rule{.name = key.name, .what = shape::text, .high = mebibyte}
                                 : key_rule{.name = key.name, .what = shape::name};
    for (std::size_t index = 0; index < value.items.size(); ++index) {
      std::string const inside = below(pointer, std::to_string(index));
      if (key.what == shape::objects) {
        object(value.items[index], inside, *key.inner);
      } else {
        check(value.items[index], inside, element);
      }
    }
  }

  void boolean(node& value, std::string const& pointer, key_rule const& key) {
    std::string const text = value.kind == value_kind::boolean ? shown(value) : std::string{};
    if (text.empty() || (!key.choices.empty() && !contains(key.choices, text))) {
      refuse_as(value, pointer, key);
    }
  }

  void duration_text(node& value, std::string const& pointer, key_rule const& key) {
    if (value.kind == value_kind::number) {
      refuse(value, pointer,
             "found " + shown(value) + ", a number without a unit; allowed: " + allowed(key));
      return;
    }
    if (value.kind != value_kind::string) {
      refuse_as(value, pointer, key);
      return;
    }
    auto const parsed = parse_duration(value.text);
    if (auto const* failed = std::get_if<not_a_quantity>(&parsed)) {
      refuse(value, pointer,
             "found " + shown(value) + ": " + failed->reason + "; allowed: " + allowed(key));
      return;
    }
    auto const ns = static_cast<std::uint64_t>(std::get<duration>(parsed).count());
    if (ns < key.low || ns > key.high) {
      refuse_as(value, pointer, key);
    }
  }

  void size_value(node& value, std::string const& pointer, key_rule const& key) {
    std::optional<std::uint64_t> bytes = value.whole;
    if (value.kind == value_kind::string) {
      auto const parsed = parse_size(value.text);
      if (auto const* failed = std::get_if<not_a_quantity>(&parsed)) {
        refuse(value, pointer,
               "found " + shown(value) + ": " + failed->reason + "; allowed: " + allowed(key));
        return;
      }
      bytes = std::get<std::uint64_t>(parsed);
    }
    if (!bytes || *bytes < key.low || *bytes > key.high) {
      refuse_as(value, pointer, key);
    }
  }

  void byte_rate(node& value, std::string const& pointer, key_rule const& key) {
    auto const bytes = value.kind == value_kind::string ? parse_byte_rate(value.text)
                                                        : std::optional<std::uint64_t>{};
    if (!bytes || *bytes < key.low || *bytes > key.high) {
      refuse_as(value, pointer, key);
    }
  }

  void rate(node& value, std::string const& pointer, key_rule const& key) {
    if (value.kind != value_kind::string) {
      refuse_as(value, pointer, key);
      return;
    }
    auto const parsed = parse_per_second(value.text);
    if (auto const* failed = std::get_if<not_a_quantity>(&parsed)) {
      refuse(value, pointer,
             "found " + shown(value) + ": " + failed->reason + "; allowed: " + allowed(key));
      return;
    }
    if (auto const found = std::get<double>(parsed); found < key.least || found > key.most) {
      refuse_as(value, pointer, key);
    }
  }

  void choice(node& value, std::string const& pointer, key_rule const& key) {
    bool const text = value.kind == value_kind::string;
    if (text && contains(key.choices, value.text)) {
      return;
    }
    refuse(value, pointer,
           "found " + shown(value) + (text ? did_you_mean(value.text, key.choices) : "") +
               "; allowed: " + allowed(key));
  }

  problem_list& problems_;
};

node fallback_of(key_rule const& key, place where) {
  problem_list none;
  node made = parse_located(key.fallback, none).value_or(node{});
  made.where = where;
  return made;
}

} // namespace

void expand_all(node& tree, environment const& lookup, problem_list& problems) {
  expand_below(tree, {}, lookup, problems);
}

node with_values(node value) {
  constexpr std::string_view opening = "${";
  if (value.kind == value_kind::string) {
    value.raw.reset();
    std::string escaped = value.text;
    for (auto at = escaped.find(opening); at != std::string::npos;
         at = escaped.find(opening, at + opening.size() + 1)) {
      escaped.insert(at, "$");
      value.raw = escaped;
    }
  }
  for (node& each : value.items) {
    each = with_values(std::move(each));
  }
  for (member& each : value.members) {
    each.value = with_values(std::move(each.value));
  }
  return value;
}

void check_shape(node& tree, object_rule const& rule, problem_list& problems) {
  checker{problems}.object(tree, {}, rule);
}

void fill_in(node& tree, object_rule const& rule) {
  struct filler {
    static void object(node& value, object_rule const& keys, defaults fill) {
      if (value.kind != value_kind::object || value.refused) {
        return;
      }
      std::string const decision = decision_in(value, keys);
      std::vector<member> ordered;
      for (key_rule const* const rule : keys_of(keys, decision)) {
        key_rule const& key = *rule;
        auto const found = std::find_if(value.members.begin(), value.members.end(),
                                        [&](member const& each) { return each.key == key.name; });
        if (found != value.members.end()) {
          ordered.push_back(std::move(*found));
          found->key.clear();
        } else if (fill == defaults::filled_in && !key.fallback.empty() &&
                   (!decision.empty() || decisions_of(keys, key.name).empty())) {
          ordered.push_back({std::string{key.name}, value.where, fallback_of(key, value.where)});
        } else {
          continue;
        }
        below_key(ordered.back().value, key, fill);
      }
      value.members = std::move(ordered);
    }

    static void below_key(node& value, key_rule const& key, defaults fill) {
      if (key.inner == nullptr) {
        return;
      }
      defaults const inside = fill == defaults::left_out ? fill : key.fill;
      object(value, *key.inner, inside);
      for (node& item : value.items) {
        object(item, *key.inner, inside);
      }
    }
  };
  filler::object(tree, rule, defaults::filled_in);
}

} // namespace conecta::scenario
