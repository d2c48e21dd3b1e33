#include "scenario/schema.hpp"

#include "scenario/key_tables.hpp"
#include "scenario/rules.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace conecta::scenario {
namespace {

using json = nlohmann::ordered_json;

constexpr char const* from_environment = "from-the-environment";

/// "an entry of sim" as "entry-of-sim"
std::string definition_name(object_rule const& rule) {
  std::string name{rule.noun.substr(rule.noun.find(' ') + 1)};
  std::ranges::replace(name, ' ', '-');
  return name;
}

json reference_to(std::string const& name) { return {{"$ref", "#/$defs/" + name}}; }

/// A text of this form, or one that becomes it when ${NAME} is expanded.
json text_like(std::string const& pattern) {
  return {{"type", "string"}, {"pattern", "^(" + pattern + ")$|\\$\\{"}};
}

class schema_writer {
 public:
  json run() {
    json whole{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", "a scenario of conecta"}};
    whole.update(object(scenario_rule()));
    json defs{{from_environment, {{"type", "string"}, {"pattern", "\\$\\{"}}}};
    for (auto& [name, made] : definitions_) {
      defs[name] = std::move(made);
    }
    whole["$defs"] = std::move(defs);
    return whole;
  }

 private:
  json object(object_rule const& rule) {
    json made{{"type", "object"}, {"additionalProperties", false}};
    json properties = json::object();
    json required = json::array();
    for (key_rule const* const key : keys_of(rule, {})) {
      if (key->need == presence::later) {
        continue;
      }
      std::string const name{key->name};
      // What a variant's key may be depends on the variant: its case says it.
      bool const own =
          std::ranges::any_of(rule.keys, [&](auto const& each) { return &each == key; });
      properties[name] = own ? described(*key) : json::object();
      if (key->need == presence::required && decisions_of(rule, key->name).empty()) {
        required.push_back(key->name);
      }
    }
    made["properties"] = std::move(properties);
    if (!required.empty()) {
      made["required"] = std::move(required);
    }
    if (!rule.exactly_one.empty()) {
      made["oneOf"] = json::array();
      for (auto const name : rule.exactly_one) {
        made["oneOf"].push_back({{"required", {name}}});
      }
    }
    if (auto cases = cases_of(rule); !cases.empty()) {
      made["allOf"] = std::move(cases);
    }
    return made;
  }

  /// Which keys go with which value of the deciding key.
  json cases_of(object_rule const& rule) {
    json cases = json::array();
    key_rule const* const deciding = find_key(rule, rule.decided_by);
    if (deciding == nullptr) {
      return cases;
    }
    std::string const name{rule.decided_by};
    for (auto const value : deciding->choices) {
      json properties = json::object();
      json required = json::array();
      auto const keys = keys_of(rule, value);
      for (key_rule const* const any : keys_of(rule, {})) {
        auto const* const key = find_key(keys, any->name);
        if (any->need == presence::later) {
          continue;
        }
        if (key == nullptr) {
          properties[std::string{any->name}] = false;
        } else if (std::ranges::none_of(rule.keys, [&](auto const& own) { return &own == key; })) {
          properties[std::string{key->name}] = described(*key);
        }
        if (key != nullptr && key->need == presence::required &&
            !decisions_of(rule, key->name).empty()) {
          required.push_back(key->name);
        }
      }
      json then = json::object();
      if (!properties.empty()) {
        then["properties"] = std::move(properties);
      }
      if (!required.empty()) {
        then["required"] = std::move(required);
      }
      if (!then.empty()) {
        json of_value{{"properties", {{name, {{"const", value}}}}}};
        if (value != usual_decision(rule)) { // which it is where the key is not written, too
          of_value["required"] = {name};
        }
        cases.push_back({{"if", of_value}, {"then", std::move(then)}});
      }
    }
    return cases;
  }

  json described(key_rule const& key) {
    json made = value_of(key);
    if (key.none == nullable::means_none) {
      made = {{"anyOf", {std::move(made), {{"type", "null"}}}}};
    }
    json with_words{{"description", std::string{key.meaning}}};
    if (!key.fallback.empty()) {
      with_words["default"] = json::parse(key.fallback);
    }
    with_words.update(made);
    return with_words;
  }

  json value_of(key_rule const& key) {
    switch (key.what) {
    case shape::whole:
      return {{"type", "integer"}, {"minimum", key.low}, {"maximum", key.high}};
    case shape::real:
      return {{"type", "number"}, {"minimum", key.least}, {"maximum", key.most}};
    case shape::boolean:
      return key.choices.size() == 1 ? json{{"const", key.choices.front() == "true"}}
                                     : json{{"type", "boolean"}};
    case shape::text:
    case shape::url:
      return {{"type", "string"}};
    case shape::name:
      return {{"type", "string"}, {"minLength", 1}, {"maxLength", 64}};
    case shape::duration:
      return text_like(R"(\d+(\.\d+)?(ns|us|ms|s|m|h))");
    case shape::size:
      return {{"anyOf",
               {json{{"type", "integer"}, {"minimum", key.low}, {"maximum", key.high}},
                text_like(R"(\d+(\.\d+)?(B|KiB|MiB|GiB))")}}};
    case shape::per_second:
      return text_like(R"(\d+(\.\d+)?/s)");
    case shape::bytes_per_second:
      return text_like(R"(\d+(\.\d+)?(B|KiB|MiB|GiB)/s)");
    case shape::choice:
      return {{"anyOf", {json{{"enum", key.choices}}, reference_to(from_environment)}}};
    case shape::moment:
      return text_like(R"(.+\+\d+(\.\d+)?(ns|us|ms|s|m|h))");
    case shape::limit:
      return {{"type", {"number", "string"}}};
    case shape::payload:
      return {{"anyOf", {json{{"type", "string"}}, reference(*key.inner)}}};
    case shape::object:
      return reference(*key.inner);
    case shape::objects:
      return list_of(key, reference(*key.inner));
    case shape::names:
      return list_of(key, {{"type", "string"}, {"minLength", 1}, {"maxLength", 64}});
    case shape::texts:
      return list_of(key, {{"type", "string"}, {"maxLength", mebibyte}});
    }
    return json::object();
  }

  static json list_of(key_rule const& key, json items) {
    return {{"type", "array"},
            {"minItems", key.low},
            {"maxItems", key.high},
            {"items", std::move(items)}};
  }

  json reference(object_rule const& rule) {
    auto const name = definition_name(rule);
    if (!definitions_.contains(name)) {
      definitions_[name] = json::object(); // known from here on, should it hold itself
      definitions_[name] = object(rule);
    }
    return {{"$ref", "#/$defs/" + name}};
  }

  std::map<std::string, json> definitions_;
};

} // namespace

std::string scenario_schema() { return schema_writer{}.run().dump(2) + "\n"; }

} // namespace conecta::scenario
