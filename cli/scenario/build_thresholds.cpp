#include "scenario/build_context.hpp"

#include "scenario/metric.hpp"
#include "scenario/wording.hpp"

#include <array>

namespace conecta::scenario {
namespace {

using namespace std::literals;

constexpr std::array bounds{std::pair{"max"sv, bound::max}, std::pair{"min"sv, bound::min},
                            std::pair{"equals"sv, bound::equals}};

class thresholds_reader {
 public:
  explicit thresholds_reader(build_context& context) : context_{context} {}

  void run() {
    located const list = context_.root["thresholds"];
    for (std::size_t index = 0; index < list.size(); ++index) {
      located const from = list.item(index);
      threshold made;
      static_cast<void>(context_.look_up(context_.stages, from["stage"], "stage"));
      static_cast<void>(context_.look_up(context_.endpoints, from["endpoint"], "endpoint"));
      static_cast<void>(context_.look_up(context_.faults, from["fault"], "fault"));
      made.stage = read_text(from["stage"]);
      made.endpoint = read_text(from["endpoint"]);
      made.fault = read_text(from["fault"]);
      made.min_samples = read_whole(from["min_samples"]);
      if (auto const unit = metric(from, made)) {
        for (auto const& [key, kind] : bounds) {
          if (located const limit = from[key]) {
            made.kind = kind;
            assign(made.limit, read_limit(limit, *unit));
          }
        }
      }
      if (auto const mistake = selector_mistake(made);
          mistake && (made.fault || made.stage || made.endpoint)) {
        auto const* const about = made.fault ? "fault" : made.stage ? "stage" : "endpoint";
        context_.refuse(from[about], *mistake);
      }
      context_.made.thresholds.push_back(std::move(made));
    }
  }

 private:
  std::optional<metric_unit> metric(located const& from, threshold& made) {
    located const name = from["metric"];
    auto const text = read_text(name);
    if (!text) {
      return std::nullopt;
    }
    made.metric = *text;
    auto const unit = unit_of_metric(*text);
    if (!unit) {
      std::vector<std::string_view> const known{all_metrics().begin(), all_metrics().end()};
      context_.refuse(name,
                      "found " + shown(*name) + ", no such metric" + did_you_mean(*text, known) +
                          "; allowed: a path such as \"wait.p99\", \"requests.error_ratio\" or "
                          "\"pool.closed_by.idle\"");
    } else if (needs_open_model(*text) && context_.model_known &&
               context_.made.workload.model == load_model::closed) {
      context_.refuse(name, "found " + shown(*name) +
                                ", which is of the open model, and this workload is closed");
    } else if (needs_fault(*text) && from->find("fault") == nullptr) {
      context_.refuse(name,
                      "found " + shown(*name) + ", which is of a fault; add \"fault\": its id");
    }
    return unit;
  }

  std::optional<double> read_limit(located const& from, metric_unit unit) {
    switch (unit) {
    case metric_unit::duration:
      if (auto const value = read_duration(from)) {
        return static_cast<double>(value->count());
      }
      context_.refuse(from, "found " + shown(*from) +
                                ", and the metric is a duration; allowed: a text such as \"5ms\"");
      return std::nullopt;
    case metric_unit::count:
      if (auto const value = read_whole(from)) {
        return static_cast<double>(*value);
      }
      context_.refuse(from, "found " + shown(*from) +
                                ", and the metric is a count; allowed: a whole number");
      return std::nullopt;
    case metric_unit::ratio:
      if (auto const value = read_real(from); value && *value <= 1) {
        return value;
      }
      context_.refuse(from, "found " + shown(*from) +
                                ", and the metric is a ratio; allowed: a number from 0 to 1");
      return std::nullopt;
    case metric_unit::per_second:
      if (auto const value = read_rate(from)) {
        return value;
      }
      context_.refuse(from, "found " + shown(*from) +
                                ", and the metric is a rate; allowed: a text such as \"5000/s\"");
      return std::nullopt;
    }
    return std::nullopt;
  }

  static std::optional<double> read_rate(located const& from) {
    auto const text = read_text(from);
    if (!text) {
      return read_real(from);
    }
    if (!text->ends_with("/s")) {
      return std::nullopt;
    }
    // The number before the unit is one of JSON's.
    problem_list mistakes;
    auto const number =
        parse_located(std::string_view{*text}.substr(0, text->size() - 2), mistakes);
    if (!number || number->kind != value_kind::number || number->real < 0) {
      return std::nullopt;
    }
    return number->real;
  }

  build_context& context_;
};

} // namespace

void build_thresholds(build_context& context) { thresholds_reader{context}.run(); }

} // namespace conecta::scenario
