#include "scenario/protocol_request.hpp"

#include "protocol/client_session.hpp"
#include "protocol/http.hpp"
#include "scenario/build_target.hpp"
#include "scenario/wording.hpp"
#include "workload/protocol_request.hpp"

#include <algorithm>
#include <utility>

namespace conecta::scenario {
namespace {

class reader {
 public:
  reader(located const& request, std::span<endpoint_spec const* const> to, problem_list& problems)
      : request_{request}, to_{to}, problems_{problems} {}

  std::optional<protocol_request> redis() {
    located const words = request_["redis"];
    if (!words || !ends_by_itself("Redis") || !goes_to(net::protocol::redis, words)) {
      return std::nullopt;
    }
    std::vector<workload::payload> read;
    for (std::size_t index = 0; index < words.size(); ++index) {
      auto word = read_payload(words.item(index), problems_);
      if (!word) {
        return std::nullopt;
      }
      read.push_back(*std::move(word));
    }
    return finished(workload::resp_request(std::move(read)), net::resp_reply{});
  }

  std::optional<protocol_request> sql() {
    located const statement = request_["sql"];
    if (!statement || !ends_by_itself("a database") || !goes_to_databases(statement)) {
      return std::nullopt;
    }
    auto const text = read_text(statement);
    if (text && text->find('\0') != std::string::npos) {
      return refuse(statement, "found " + shown(*statement) + "; allowed: a statement without NUL");
    }
    auto send = read_payload(statement, problems_);
    if (!send) {
      return std::nullopt;
    }
    return finished(*std::move(send), net::client_value{});
  }

  std::optional<protocol_request> http() {
    located const from = request_["http"];
    if (!from || !ends_by_itself("HTTP") || !goes_to(net::protocol::http, from) ||
        !one_host(from)) {
      return std::nullopt;
    }
    auto const method = read_text(from["method"]).value_or("GET");
    auto const url = to_.empty() || !to_.front()->url ? embedded() : *to_.front()->url;
    auto const path = read_text(from["path"]);
    if (path &&
        (!path->starts_with('/') || has_control(*path) || path->find(' ') != std::string::npos)) {
      return refuse(from["path"], "found " + shown(*from["path"]) +
                                      "; allowed: a path that begins with a slash, a space in it "
                                      "written %20");
    }
    auto target =
        path ? read_payload(from["path"], problems_) : workload::literal_payload("/" + url.path);
    if (!target) {
      return std::nullopt;
    }
    // The method and the fields stand around the path, which may have templates.
    constexpr std::string_view place = "/";
    auto const whole = protocol::http_head(method, place, url);
    auto const before = method.size() + 1;
    auto request = workload::literal_payload(whole.substr(0, before));
    workload::append(request, *std::move(target));
    workload::append(request, workload::literal_payload(whole.substr(before + place.size())));
    for (std::size_t index = 0; index < from["headers"].size(); ++index) {
      auto field = header(from["headers"].item(index));
      if (!field) {
        return std::nullopt;
      }
      workload::append(request, *std::move(field));
    }
    std::optional<workload::payload> body;
    if (from["body"]) {
      body = read_payload(from["body"], problems_);
      if (!body) {
        return std::nullopt;
      }
    } else if (method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "DELETE") {
      body.emplace();
    }
    return finished(workload::http_request(std::move(request), std::move(body)),
                    net::http_response{method == "HEAD" ? net::http_scanner::asked::head
                                                        : net::http_scanner::asked::with_body});
  }

 private:
  std::nullopt_t refuse(located const& at, std::string text) {
    problems_.add(at->where, at.pointer, std::move(text));
    return std::nullopt;
  }

  bool ends_by_itself(std::string_view protocol) {
    if (located const reply = request_["reply"]) {
      refuse(reply, "a reply of " + std::string{protocol} + " ends by itself; leave it out");
      return false;
    }
    return true;
  }

  /// A plain tcp:// may be anything.
  bool goes_to(net::protocol speaks, located const& at) {
    for (auto const* const each : to_) {
      auto const spoken = spoken_at(*each);
      bool const plain = each->kind == net::transport::tcp && spoken == net::protocol::none;
      if (!plain && spoken != speaks) {
        refuse(at, "it goes to " + in_quotes(each->id) +
                       ", which speaks something else; list those it is for in \"endpoints\"");
        return false;
      }
    }
    return true;
  }

  bool goes_to_databases(located const& at) {
    for (auto const* const each : to_) {
      if (!takes_statements(*each)) {
        refuse(at, "it goes to " + in_quotes(each->id) +
                       ", which is no database; list those it is for in \"endpoints\"");
        return false;
      }
    }
    return true;
  }

  /// What a request says of the host is the same wherever it goes.
  bool one_host(located const& at) {
    auto const said = [](endpoint_spec const& each) {
      return protocol::http_head("GET", "/", each.url.value_or(embedded()));
    };
    for (auto const* const each : to_) {
      if (said(*each) != said(*to_.front())) {
        refuse(at, "it goes to " + in_quotes(to_.front()->id) + " and " + in_quotes(each->id) +
                       ", which have other hosts or credentials; give each a request of its own");
        return false;
      }
    }
    return true;
  }

  static net::endpoint_url embedded() {
    net::endpoint_url url;
    url.host = "localhost";
    url.port = 80;
    return url;
  }

  std::optional<workload::payload> header(located const& from) {
    auto const text = read_text(from);
    if (!text) {
      return std::nullopt;
    }
    auto const colon = text->find(':');
    auto const name = text->substr(0, colon);
    if (colon == std::string::npos || name.empty() || has_control(*text) ||
        name.find(' ') != std::string::npos) {
      return refuse(from, "found " + shown(*from) + "; allowed: \"Name: value\"");
    }
    auto made = read_payload(from, problems_);
    if (made) {
      workload::append(*made, workload::literal_payload("\r\n"));
    }
    return made;
  }

  /// Without an expectation of its own an error is none that was wanted.
  std::optional<protocol_request> finished(workload::payload send, net::reply_framing framing) {
    auto wanted = read_expect(request_["expect"], problems_);
    if (!wanted) {
      return std::nullopt;
    }
    if (!request_["expect"]) {
      wanted->no_resp_error = std::holds_alternative<net::resp_reply>(framing);
      wanted->http_success = std::holds_alternative<net::http_response>(framing);
    }
    return protocol_request{std::move(send), {std::move(framing), *std::move(wanted)}};
  }

  located const& request_;
  std::span<endpoint_spec const* const> to_;
  problem_list& problems_;
};

} // namespace

net::protocol spoken_at(endpoint_spec const& endpoint) {
  return endpoint.url      ? endpoint.url->speaks
         : endpoint.target ? spoken_by(endpoint.target->kind)
                           : net::protocol::none;
}

bool takes_statements(endpoint_spec const& endpoint) {
  return protocol::has_client_library(spoken_at(endpoint));
}

bool is_of_a_protocol(located const& request) {
  return request->find("redis") != nullptr || request->find("http") != nullptr ||
         request->find("sql") != nullptr;
}

bool check_takes_bytes(located const& at, std::span<endpoint_spec const* const> to,
                       problem_list& problems) {
  auto const found =
      std::ranges::find_if(to, [](auto const* each) { return takes_statements(*each); });
  if (found != to.end()) {
    problems.add(at->where, at.pointer,
                 "it goes to " + in_quotes((*found)->id) +
                     ", a database, which takes the key \"sql\" only; list those it is for in "
                     "\"endpoints\"");
  }
  return found == to.end();
}

std::optional<protocol_request> read_protocol_request(located const& request,
                                                      std::span<endpoint_spec const* const> to,
                                                      problem_list& problems) {
  reader reads{request, to, problems};
  return request->find("redis") != nullptr  ? reads.redis()
         : request->find("http") != nullptr ? reads.http()
                                            : reads.sql();
}

} // namespace conecta::scenario
