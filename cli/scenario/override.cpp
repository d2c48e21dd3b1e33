#include "scenario/override.hpp"

#include "scenario/quantity.hpp"
#include "scenario/rules.hpp"
#include "scenario/utf8.hpp"
#include "scenario/wording.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

namespace conecta::scenario {
namespace {

std::vector<std::string_view> key_names(object_rule const& rule) {
  std::vector<std::string_view> names;
  for (key_rule const* const key : keys_of(rule, {})) {
    names.push_back(key->name);
  }
  return names;
}

// Walks a path through the tree and the tables at once.
class walker {
 public:
  walker(std::string_view path, std::uint32_t number) : rest_{path}, number_{number} {}

  // The place to write to, made if it was missing; null with `error` set otherwise.
  node* walk(node& tree, object_rule const& whole) {
    node* at = &tree;
    object_rule const* rule = &whole;
    while (true) {
      std::string_view const key = next_key();
      key_rule const* const found = find_key(*rule, key);
      if (found == nullptr) {
        return fail("unknown key " + in_quotes(key) + did_you_mean(key, key_names(*rule)) +
                    "; allowed in " + std::string{rule->noun} + ": " + listed(key_names(*rule)));
      }
      at = child(*at, key);
      if (rest_.empty()) {
        return at;
      }
      if (found->inner == nullptr) {
        return fail(in_quotes(key) + " has no keys; it is " + allowed(*found));
      }
      if (found->what == shape::objects) {
        at = element(*at, key);
        if (at == nullptr || rest_.empty()) {
          return at;
        }
      }
      rule = found->inner;
    }
  }

  std::string error;

 private:
  node* fail(std::string reason) {
    error = std::move(reason);
    return nullptr;
  }

  std::string_view next_key() {
    std::size_t const dot = rest_.find('.');
    std::string_view const key = rest_.substr(0, dot);
    rest_.remove_prefix(dot == std::string_view::npos ? rest_.size() : dot + 1);
    return key;
  }

  node* child(node& parent, std::string_view key) {
    if (parent.kind != value_kind::object) {
      parent = node{};
      parent.kind = value_kind::object;
      parent.where = {0, number_};
    }
    if (node* const found = parent.find(key)) {
      return found;
    }
    parent.members.push_back({std::string{key}, {0, number_}, node{}});
    parent.members.back().value.where = {0, number_};
    return &parent.members.back().value;
  }

  static std::string_view name_of(node const& element) {
    for (std::string_view const key : {"id", "name"}) {
      node const* const name = element.find(key);
      if (name != nullptr && name->kind == value_kind::string) {
        return name->text;
      }
    }
    return {};
  }

  // A name may hold dots: the longest that fits is meant.
  node* element(node& list, std::string_view key) {
    node* best = nullptr;
    std::size_t longest = 0;
    std::vector<std::string_view> names;
    for (node& item : list.items) {
      std::string_view const name = name_of(item);
      if (name.empty()) {
        continue;
      }
      names.push_back(name);
      bool const fits =
          rest_.starts_with(name) && (rest_.size() == name.size() || rest_[name.size()] == '.');
      if (fits && name.size() > longest) {
        best = &item;
        longest = name.size();
      }
    }
    if (best != nullptr) {
      rest_.remove_prefix(std::min(rest_.size(), longest + 1));
      return best;
    }
    std::string_view const wanted = next_key();
    std::size_t index = 0;
    auto const [end, status] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
    if (status == std::errc{} && end == wanted.data() + wanted.size() &&
        index < list.items.size()) {
      return &list.items[index];
    }
    return fail("no element " + in_quotes(wanted) + " in " + in_quotes(key) +
                did_you_mean(wanted, names) +
                "; allowed: " + (names.empty() ? "nothing, there is none" : listed(names)));
  }

  std::string_view rest_;
  std::uint32_t number_;
};

// value * numerator / denominator, rounded down; the largest there is where that does not fit.
std::int64_t in_proportion(std::int64_t value, std::int64_t numerator, std::int64_t denominator) {
  __extension__ using wide = __int128;
  wide const exact = static_cast<wide>(value) * numerator / denominator;
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  return exact > largest ? largest : static_cast<std::int64_t>(exact);
}

// So that it means itself when ${NAME} is expanded.
std::string unexpanded(std::string_view text) {
  std::string escaped;
  for (std::size_t index = 0; index < text.size(); ++index) {
    escaped += text.substr(index).starts_with("${") ? "$$" : text.substr(index, 1);
  }
  return escaped;
}

void rewrite(node* object, std::string_view key, std::string text, std::uint32_t number) {
  if (node* const value = object->find(key)) {
    *value = string_node(std::move(text), {0, number});
  }
}

} // namespace

bool is_assignment(std::string_view text) noexcept {
  auto const equals = text.find('=');
  return equals != std::string_view::npos && equals != 0 && text[equals - 1] != '.';
}

std::optional<std::string> apply_set(node& tree, object_rule const& rule,
                                     std::string_view assignment, std::uint32_t number) {
  std::size_t const equals = assignment.find('=');
  std::string_view const text = assignment.substr(equals + 1);
  walker path{assignment.substr(0, equals), number};
  node* const target = path.walk(tree, rule);
  if (target == nullptr) {
    return path.error;
  }
  if (auto const bad = first_bad_utf8(text)) {
    return "not UTF-8 text, at byte " + std::to_string(*bad) + R"(; bytes are { "hex": "ff00" })";
  }
  problem_list mistakes;
  auto parsed = parse_located(text, mistakes, number);
  if (parsed && !mistakes.empty()) { // a key that is there twice
    return mistakes.sorted().front().text;
  }
  *target = parsed ? *std::move(parsed) : string_node(std::string{text}, {0, number});
  return std::nullopt;
}

std::optional<std::string> apply_length(node& tree, scenario const& model, duration length,
                                        std::uint32_t number) {
  std::int64_t const before = model.length().count();
  node* const stages = tree.find("stages");
  node* const faults = tree.find("faults");
  if (before <= 0 || stages == nullptr || length <= duration{}) {
    return "allowed: a duration above 0s, such as \"30s\"";
  }
  std::vector<duration> lengths;
  // Rounding the ends rather than the lengths keeps the sum exact.
  for (stage_spec const& stage : model.stages) {
    std::int64_t const start = in_proportion(stage.start.count(), length.count(), before);
    std::int64_t const end =
        in_proportion((stage.start + stage.length).count(), length.count(), before);
    if (end <= start) {
      return "the stage " + in_quotes(stage.name) + " would last no time";
    }
    lengths.emplace_back(end - start);
  }
  for (std::size_t index = 0; index < lengths.size(); ++index) {
    rewrite(&stages->items[index], "duration", format_duration(lengths[index]), number);
  }
  for (std::size_t index = 0; faults != nullptr && index < model.faults.size(); ++index) {
    fault::fault_spec const& fault = model.faults[index];
    auto const stage =
        std::find_if(model.stages.rbegin(), model.stages.rend(),
                     [&](stage_spec const& each) { return each.start <= fault.start; });
    auto const place = static_cast<std::size_t>(model.stages.rend() - stage) - 1;
    std::int64_t const offset = in_proportion((fault.start - stage->start).count(),
                                              lengths[place].count(), stage->length.count());
    std::int64_t const lasts = in_proportion(fault.length.count(), length.count(), before);
    if (lasts <= 0) {
      return "the fault " + in_quotes(fault.id) + " would last no time";
    }
    rewrite(&faults->items[index], "at",
            unexpanded(stage->name) + "+" + format_duration(duration{offset}), number);
    rewrite(&faults->items[index], "for", format_duration(duration{lasts}), number);
    node* const repeat = faults->items[index].find("repeat");
    if (fault.repeat && repeat != nullptr) {
      std::int64_t const every = in_proportion(fault.repeat->every.count(), length.count(), before);
      rewrite(repeat, "every", format_duration(duration{every}), number);
    }
  }
  return std::nullopt;
}

} // namespace conecta::scenario
