#include "scenario/build_context.hpp"

#include "scenario/exchange.hpp"
#include "scenario/protocol_request.hpp"
#include "scenario/wording.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array model_names{std::pair{"closed"sv, load_model::closed},
                                 std::pair{"open"sv, load_model::open}};
constexpr std::array overload_names{std::pair{"queue"sv, overload::queue},
                                    std::pair{"drop"sv, overload::drop}};

/// How much is sent in a stage: workers, or a rate, or two of them.
class load_reader {
 public:
  load_reader(build_context& context, located const& from) : context_{context}, from_{from} {}

  void read(stage_spec& made) {
    assign(made.workers, read_whole(from_["workers"]));
    if (!context_.model_known) {
      return;
    }
    if (context_.made.workload.model == load_model::closed) {
      for (auto const* const key : {"rate", "from", "to"}) {
        refuse_if_given(key, "of the open model, and this workload is closed: give \"workers\"");
      }
      return;
    }
    refuse_if_given("workers", "of the closed model, and this workload is open: give \"rate\"");
    read_rates(made);
  }

 private:
  void read_rates(stage_spec& made) {
    auto const ramp = from_->find("from") != nullptr || from_->find("to") != nullptr;
    if (ramp) {
      refuse_if_given("rate",
                      "given beside \"from\" or \"to\"; allowed: \"rate\", or both of them");
      for (auto const* const key : {"from", "to"}) {
        if (from_->find(key) == nullptr) {
          context_.refuse(from_, "the key \"" + std::string{key} +
                                     "\" is missing: a rate changes from one to another");
        }
      }
      assign(made.from, read_per_second(from_["from"]));
      assign(made.to, read_per_second(from_["to"]));
      return;
    }
    if (from_->find("rate") == nullptr) {
      context_.refuse(from_, "the key \"rate\" is missing here and in the workload: how many "
                             "requests begin in a second, such as \"500/s\"");
    }
    assign(made.from, read_per_second(from_["rate"]));
    made.to = made.from;
  }

  void refuse_if_given(std::string const& key, std::string const& why) {
    if (located const given = from_[key]) {
      context_.refuse(given, "found " + shown(*given) + ", which is " + why);
    }
  }

  build_context& context_;
  located from_;
};

class requests_reader {
 public:
  explicit requests_reader(build_context& context) : context_{context} {}

  void run() {
    located const from = context_.root["workload"];
    assign(context_.made.workload.workers, read_whole(from["workers"]));
    assign(context_.made.workload.max_in_flight, read_whole(from["max_in_flight"]));
    assign(context_.made.workload.on_overload, read_choice(from["on_overload"], overload_names));
    assign(context_.made.workload.think, read_duration(from["think"]));
    assign(context_.made.workload.hold, read_duration(from["hold"]));
    assign(context_.made.workload.request_timeout, read_duration(from["request_timeout"]));
    located const list = from["requests"];
    std::vector<bool> asked(context_.made.endpoints.size(), false);
    bool complete = static_cast<bool>(list);
    name_index names;
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const request = list.item(index);
      complete = complete && request;
      context_.enter(names, request["name"], index);
      complete = one_request(request, asked) && complete;
    }
    for (std::size_t index = 0; complete && index < asked.size(); ++index) {
      if (located const endpoint = context_.root["endpoints"].item(index);
          endpoint && !asked[index]) {
        context_.refuse(endpoint,
                        "no request goes to this endpoint; list it in the \"endpoints\" of one");
      }
    }
  }

 private:
  // False where it is not known which endpoints it goes to.
  bool one_request(located const& from, std::vector<bool>& asked) {
    if (!from) {
      return false;
    }
    workload::request_spec made;
    assign(made.name, read_text(from["name"]));
    bool known = true;
    if (located const list = from["endpoints"]) {
      for (std::size_t index = 0; index < list.size(); ++index) {
        auto const found = context_.look_up(context_.endpoints, list.item(index), "endpoint");
        known = known && found;
        if (found && std::find(made.endpoints.begin(), made.endpoints.end(), *found) !=
                         made.endpoints.end()) {
          context_.refuse(list.item(index), "found " + shown(*list.item(index)) + " twice");
        } else if (found) {
          made.endpoints.push_back(*found);
        }
      }
    } else if (from->find("endpoints") != nullptr) {
      known = false;
    } else {
      for (std::size_t index = 0; index < context_.made.endpoints.size(); ++index) {
        made.endpoints.push_back(index);
      }
    }
    transports over;
    for (std::size_t const index : made.endpoints) {
      asked[index] = true;
      if (context_.transport_known[index]) {
        (context_.made.endpoints[index].kind == net::transport::tcp ? over.tcp : over.udp) = true;
      }
    }
    auto const to = servers_of(made);
    if (is_of_a_protocol(from)) {
      in_terms_of_a_protocol(from, to, made);
      context_.made.workload.requests.push_back(std::move(made));
      return known;
    }
    check_takes_bytes(from, to, context_.problems);
    auto send = read_payload(from["send"], context_.problems);
    std::size_t const sent = send ? workload::largest_size(*send) : 1;
    if (auto reply = read_reply(from, over, sent, context_.problems)) {
      made.reply = std::move(reply->framing);
      made.expect = std::move(reply->expect);
    }
    assign(made.send, std::move(send));
    context_.made.workload.requests.push_back(std::move(made));
    return known;
  }

  [[nodiscard]] std::vector<endpoint_spec const*>
  servers_of(workload::request_spec const& made) const {
    std::vector<endpoint_spec const*> known;
    for (std::size_t const index : made.endpoints) {
      if (context_.transport_known[index]) {
        known.push_back(&context_.made.endpoints[index]);
      }
    }
    return known;
  }

  void in_terms_of_a_protocol(located const& from, std::span<endpoint_spec const* const> to,
                              workload::request_spec& made) {
    if (auto read = read_protocol_request(from, to, context_.problems)) {
      made.send = std::move(read->send);
      made.reply = std::move(read->reply.framing);
      made.expect = std::move(read->reply.expect);
    }
  }

  build_context& context_;
};

} // namespace

void build_model(build_context& context) {
  auto const model = read_choice(context.root["workload"]["model"], model_names);
  context.model_known = model.has_value();
  assign(context.made.workload.model, model);
}

void build_stages(build_context& context) {
  located const list = context.root["stages"];
  context.stages.complete = static_cast<bool>(list);
  duration start{};
  for (std::size_t index = 0; index < list.size(); ++index) {
    located const from = list.item(index);
    stage_spec made;
    context.enter(context.stages, from["name"], index);
    assign(made.name, read_text(from["name"]));
    assign(made.length, read_duration(from["duration"]));
    if (from) {
      load_reader{context, from}.read(made);
    }
    if (read_boolean(from["record"]) == false) {
      made.record = stage_spec::recording::left_out;
    }
    made.start = start;
    start += made.length;
    context.made.stages.push_back(std::move(made));
  }
}

void build_workload(build_context& context) { requests_reader{context}.run(); }

} // namespace conecta::scenario
