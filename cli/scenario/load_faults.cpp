#include "scenario/load_faults.hpp"

#include "scenario/build_faults.hpp"
#include "scenario/input.hpp"
#include "scenario/key_tables.hpp"
#include "scenario/shape_check.hpp"
#include "scenario/wording.hpp"

#include <utility>

namespace conecta::scenario {
namespace {

static_assert(most_proxy_faults == most_elements);

void refuse_variables(node& value, std::string const& pointer, problem_list& problems) {
  if (value.kind == value_kind::string && names_variable(value.text)) {
    problems.add(value.where, pointer,
                 "found " + shown(value) +
                     "; variables are for the file alone, a literal ${ is written $${");
    value.refused = true;
  }
  for (std::size_t index = 0; index < value.items.size(); ++index) {
    refuse_variables(value.items[index], below(pointer, std::to_string(index)), problems);
  }
  for (member& each : value.members) {
    refuse_variables(each.value, below(pointer, each.key), problems);
  }
}

enum class origin : std::uint8_t { file, sent };

/// The tree of `text`, checked against `rule` and filled in; nothing, if it is no JSON.
std::optional<node> read_tree(std::string_view text, object_rule const& rule, origin from,
                              environment const& lookup, problem_list& found) {
  auto tree = parse_located(text, found);
  if (!tree) {
    return std::nullopt;
  }
  if (from == origin::sent) {
    refuse_variables(*tree, {}, found);
  }
  expand_all(*tree, lookup, found); // but for what was refused
  check_shape(*tree, rule, found);
  fill_in(*tree, rule);
  return tree;
}

faults_result read_document(std::string_view text, std::string const& name, net::transport kind,
                            origin from, environment const& lookup) {
  problem_list found;
  std::vector<fault::fault_spec> made;
  if (auto const tree = read_tree(text, proxy_faults_rule(), from, lookup, found);
      tree && !tree->refused) {
    made = read_proxy_faults(located{&*tree, {}}["faults"], kind, found);
  }
  if (!found.empty()) {
    return told(refusal::bad_data, found, name, {});
  }
  return made;
}

std::optional<std::string> no_variable(std::string const&) { return std::nullopt; }

} // namespace

faults_result load_faults(std::string const& path, net::transport kind, environment const& lookup) {
  auto input = read_all(path);
  if (auto* const refused = std::get_if<problems>(&input)) {
    return std::move(*refused);
  }
  auto const name = path == "-" ? "standard input" : printable(path);
  return read_document(std::get<std::string>(input), name, kind, origin::file, lookup);
}

faults_result load_sent_faults(std::string_view text, std::string_view name, net::transport kind) {
  return read_document(text, printable(name), kind, origin::sent, no_variable);
}

faults_result load_sent_fault(std::string_view text, std::string_view name, net::transport kind) {
  problem_list found;
  std::vector<fault::fault_spec> made;
  if (auto const tree = read_tree(text, proxy_fault_rule(), origin::sent, no_variable, found);
      tree && !tree->refused) {
    made.push_back(read_proxy_fault({&*tree, {}}, kind, found));
  }
  if (!found.empty()) {
    return told(refusal::bad_data, found, printable(name), {});
  }
  return made;
}

} // namespace conecta::scenario
