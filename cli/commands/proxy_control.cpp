#include "commands/proxy_control.hpp"

#include "scenario/load_faults.hpp"
#include "scenario/wording.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conecta::command {

namespace {

using json = nlohmann::ordered_json;
using faults = std::vector<fault::fault_spec>;
using wire::http_refusal;
using wire::http_request;
using wire::http_response;

constexpr std::string_view collection = "/faults";

http_response with_body(unsigned status, json const& body) {
  return {status, body.dump(2) + "\n", {}};
}

http_response not_allowed(http_request const& asked, char const* allowed) {
  auto refused =
      http_refusal(405, {"found " + scenario::in_quotes(asked.method) + "; allowed: " + allowed});
  refused.allow = allowed;
  return refused;
}

http_response no_such_fault(std::string_view id) {
  return http_refusal(404, {"no such fault: " + scenario::in_quotes(id)});
}

std::optional<unsigned> digit(char letter) {
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  auto const place = digits.find(letter);
  if (place == std::string_view::npos) {
    return std::nullopt;
  }
  return static_cast<unsigned>(place < 16 ? place : place - 6);
}

/// RFC 3986; nothing where a percent sign is not followed by two digits.
std::optional<std::string> decoded(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      made += text[i];
      continue;
    }
    auto const high = i + 2 < text.size() ? digit(text[i + 1]) : std::nullopt;
    auto const low = i + 2 < text.size() ? digit(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return std::nullopt;
    }
    made += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return made;
}

/// Why a request cannot bring a document, or why it brings one where none belongs.
std::optional<http_response> refused_body(http_request const& asked) {
  bool const brings = asked.method == "PUT" || asked.method == "POST";
  if (brings && asked.content_type != "application/json") {
    return http_refusal(415, {"found the Content-Type " + scenario::in_quotes(asked.content_type) +
                              "; allowed: \"application/json\""});
  }
  if (!brings && !asked.body.empty()) {
    return http_refusal(400, {"found a body; " + scenario::in_quotes(asked.method) + " has none"});
  }
  return std::nullopt;
}

json document_of(faults const& all) {
  json list = json::array();
  for (auto const& each : all) {
    list.push_back(json::parse(each.written));
  }
  return {{"faults", std::move(list)}};
}

faults specs_of(std::vector<fault::standing_fault> const& all) {
  faults made;
  for (auto const& each : all) {
    made.push_back(each.spec);
  }
  return made;
}

} // namespace

http_response proxy_control::answer(http_request const& asked) const {
  std::string_view const target = asked.target;
  if (target.find_first_of("?#") != std::string_view::npos) {
    return http_refusal(400, {"found a query or a fragment; allowed: none"});
  }
  if (auto refused = refused_body(asked)) {
    return *std::move(refused);
  }
  if (target == "/status") {
    return asked.method == "GET" ? with_body(200, status()) : not_allowed(asked, "GET, HEAD");
  }
  if (target == collection) {
    return all_faults(asked);
  }
  if (target.starts_with("/faults/") && target.size() > collection.size() + 1) {
    return one_fault(asked, target.substr(collection.size() + 1));
  }
  return http_refusal(404, {"found " + scenario::in_quotes(target) +
                            "; allowed: \"/faults\", \"/faults/ID\", \"/status\""});
}

http_response proxy_control::all_faults(http_request const& asked) const {
  if (asked.method == "GET") {
    return list();
  }
  if (asked.method == "PUT") {
    return replace(asked.body);
  }
  if (asked.method == "POST") {
    return add(asked.body);
  }
  return not_allowed(asked, "GET, HEAD, PUT, POST");
}

http_response proxy_control::one_fault(http_request const& asked, std::string_view id) const {
  auto const name = decoded(id);
  if (!name) {
    return http_refusal(400, {"found " + scenario::in_quotes(id) +
                              "; a percent sign is followed by two hexadecimal digits"});
  }
  if (asked.method == "GET") {
    return find(*name);
  }
  if (asked.method == "DELETE") {
    return remove(*name);
  }
  return not_allowed(asked, "GET, HEAD, DELETE");
}

http_response proxy_control::list() const {
  return with_body(200, document_of(specs_of(relay_->standing())));
}

http_response proxy_control::replace(std::string_view body) const {
  auto loaded = scenario::load_sent_faults(body, "body", kind_);
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    return http_refusal(400, found->messages);
  }
  auto const& wanted = std::get<faults>(loaded);
  relay_->change([&](faults& standing) { standing = wanted; });
  return with_body(200, document_of(wanted));
}

http_response proxy_control::add(std::string_view body) const {
  auto loaded = scenario::load_sent_fault(body, "body", kind_);
  if (auto const* const found = std::get_if<scenario::problems>(&loaded)) {
    return http_refusal(400, found->messages);
  }
  auto const& added = std::get<faults>(loaded).front();
  enum class outcome : std::uint8_t { done, taken, full } how = outcome::done;
  relay_->change([&](faults& standing) {
    if (std::ranges::find(standing, added.id, &fault::fault_spec::id) != standing.end()) {
      how = outcome::taken;
    } else if (standing.size() >= scenario::most_proxy_faults) {
      how = outcome::full;
    } else {
      standing.push_back(added);
    }
  });
  switch (how) {
  case outcome::done:
    return with_body(201, json::parse(added.written));
  case outcome::taken:
    return http_refusal(409, {"found " + scenario::in_quotes(added.id) +
                              ", which there is; delete it first, or PUT the whole set"});
  case outcome::full:
    return http_refusal(409, {"there are " + std::to_string(scenario::most_proxy_faults) +
                              " faults; no more are allowed"});
  }
  return {};
}

http_response proxy_control::find(std::string_view id) const {
  auto const all = specs_of(relay_->standing());
  auto const found = std::ranges::find(all, id, &fault::fault_spec::id);
  return found == all.end() ? no_such_fault(id) : with_body(200, json::parse(found->written));
}

http_response proxy_control::remove(std::string_view id) const {
  std::size_t gone = 0;
  relay_->change([&](faults& standing) {
    gone = std::erase_if(standing, [&](auto const& each) { return each.id == id; });
  });
  return gone > 0 ? http_response{204, {}, {}} : no_such_fault(id);
}

json proxy_control::status() const {
  auto const passed = relay_->counts();
  json made{{"clients", passed.clients},
            {"open", passed.open},
            {"unreachable", passed.unreachable},
            {"turned_away", relay_->turned_away()},
            {"upstream_bytes", passed.upstream_bytes},
            {"downstream_bytes", passed.downstream_bytes},
            {"faults", json::array()}};
  for (auto const& each : relay_->standing()) {
    made["faults"].push_back({{"id", each.spec.id},
                              {"type", name_of(each.spec.type)},
                              {"active", each.active},
                              {"injected", each.injected}});
  }
  return made;
}

} // namespace conecta::command
