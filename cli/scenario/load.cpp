#include "scenario/load.hpp"

#include "scenario/build.hpp"
#include "scenario/build_target.hpp"
#include "scenario/input.hpp"
#include "scenario/key_tables.hpp"
#include "scenario/override.hpp"
#include "scenario/quantity.hpp"
#include "scenario/shape_check.hpp"
#include "scenario/wording.hpp"

#include <utility>

namespace conecta::scenario {
namespace {

/// Those that stand in URLs as they are; where one comes from the environment, its ${NAME} stays.
void hide_passwords(node& tree, scenario const& made) {
  node* const endpoints = tree.find("endpoints");
  for (std::size_t index = 0; endpoints != nullptr && index < endpoints->items.size(); ++index) {
    node* const url = endpoints->items[index].find("url");
    auto const& read = made.endpoints[index].url;
    if (url == nullptr || !read || !read->password) {
      continue;
    }
    auto& shown = url->raw ? *url->raw : url->text;
    auto const colon = shown.find(':', shown.find("://") + 3);
    auto const sign = shown.find('@', colon);
    if (sign != std::string::npos &&
        shown.substr(colon, sign - colon).find("${") == std::string::npos) {
      shown.replace(colon + 1, sign - colon - 1, "***");
    }
  }
}

// A tree that becomes a scenario, with what the command line wants of it.
class loading {
 public:
  loading(std::string_view name, environment const& lookup)
      : name_{printable(name)}, lookup_{lookup} {}

  load_result run(std::string_view text, overrides const& changes) {
    auto tree = parse_located(text, found_);
    if (!tree) {
      return report(refusal::bad_data);
    }
    if (tree->kind == value_kind::object) {
      if (!apply_sets(*tree, scenario_rule(), changes.sets,
                      "no PATH=VALUE; such as pool.max_size=32")) {
        return report(refusal::usage);
      }
      if (changes.seed) {
        std::string const seed = std::to_string(*changes.seed);
        std::uint32_t const number = say("--seed " + seed);
        // A known key of the whole: nothing can be in its way.
        static_cast<void>(apply_set(*tree, scenario_rule(), "seed=" + seed, number));
      }
    }
    node written_tree = *tree;
    scenario made = resolve(*tree);
    if (!found_.empty()) {
      return report(refusal::bad_data);
    }
    if (changes.duration) {
      std::uint32_t const number = say("--duration " + printable(*changes.duration));
      auto const length = parse_duration(*changes.duration);
      auto const* const failed = std::get_if<not_a_quantity>(&length);
      auto const refused =
          failed != nullptr ? std::optional{failed->reason}
                            : apply_length(written_tree, made, std::get<duration>(length), number);
      if (refused) {
        found_.add({0, number}, {}, *refused);
        return report(refusal::usage);
      }
      *tree = std::move(written_tree);
      made = resolve(*tree);
      if (!found_.empty()) {
        return report(refusal::bad_data);
      }
    }
    hide_passwords(*tree, made);
    made.resolved = written(*tree);
    return made;
  }

  target_result run_target(std::string_view kind, std::vector<std::string> const& sets) {
    node tree;
    tree.kind = value_kind::object;
    std::uint32_t const number = say("KIND");
    tree.members.push_back({"kind", {0, number}, string_node(std::string{kind}, {0, number})});
    if (!apply_sets(tree, target_rule, sets, "no KEY=VALUE; such as reply_delay=5ms")) {
      return report(refusal::usage);
    }
    if (node const& last = *tree.find("kind"); last.where.override != number) {
      found_.add(last.where, {},
                 "the kind is said by KIND, " + in_quotes(kind) + "; leave this out");
      return report(refusal::usage);
    }
    expand_all(tree, lookup_, found_);
    check_shape(tree, target_rule, found_);
    fill_in(tree, target_rule);
    auto made = read_target({&tree, {}}, found_);
    if (!made || !found_.empty()) {
      return report(refusal::usage);
    }
    return *std::move(made);
  }

 private:
  std::uint32_t say(std::string origin) {
    origins_.push_back(std::move(origin));
    return static_cast<std::uint32_t>(origins_.size());
  }

  bool apply_sets(node& tree, object_rule const& rule, std::vector<std::string> const& sets,
                  char const* wanted) {
    bool applied = true;
    for (std::string const& assignment : sets) {
      std::uint32_t const number = say("--set " + printable(assignment, 100));
      auto const refused = is_assignment(assignment) ? apply_set(tree, rule, assignment, number)
                                                     : std::optional<std::string>{wanted};
      if (refused) {
        found_.add({0, number}, {}, *refused);
        applied = false;
      }
    }
    return applied;
  }

  // Expands, checks and fills in `tree`, and reads it.
  scenario resolve(node& tree) {
    expand_all(tree, lookup_, found_);
    check_shape(tree, scenario_rule(), found_);
    if (tree.refused) {
      return {};
    }
    fill_in(tree, scenario_rule());
    derive_defaults(tree);
    fill_in(tree, scenario_rule());
    return build(tree, found_);
  }

  problems report(refusal why) const { return told(why, found_, name_, origins_); }

  std::string name_;
  environment const& lookup_;
  problem_list found_;
  std::vector<std::string> origins_;
};

} // namespace

target_result load_target(std::string_view kind, std::vector<std::string> const& sets,
                          environment const& lookup) {
  return loading{"KIND", lookup}.run_target(kind, sets);
}

load_result load_text(std::string_view text, std::string_view name, overrides const& changes,
                      environment const& lookup) {
  return loading{name, lookup}.run(text, changes);
}

load_result load(std::string const& path, overrides const& changes, environment const& lookup) {
  auto input = read_all(path);
  if (auto* const refused = std::get_if<problems>(&input)) {
    return std::move(*refused);
  }
  return load_text(std::get<std::string>(input), path == "-" ? "standard input" : path, changes,
                   lookup);
}

} // namespace conecta::scenario
