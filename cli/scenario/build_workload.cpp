#include "scenario/build_context.hpp"

#include "scenario/exchange.hpp"

#include <algorithm>

namespace conecta::scenario {
namespace {

class requests_reader {
 public:
  explicit requests_reader(build_context& context) : context_{context} {}

  void run() {
    located const from = context_.root["workload"];
    assign(context_.made.workload.workers, read_whole(from["workers"]));
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
        (context_.made.endpoints[index].kind == net::scheme::tcp ? over.tcp : over.udp) = true;
      }
    }
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

  build_context& context_;
};

} // namespace

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
    assign(made.workers, read_whole(from["workers"]));
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
