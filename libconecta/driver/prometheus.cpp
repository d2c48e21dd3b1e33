#include <conecta/metrics.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace conecta {

namespace {

std::string seconds_text(duration value) {
  std::array<char, 32> text{};
  auto const seconds = std::chrono::duration<double>{value}.count();
  constexpr int digits = 9;
  auto const end = std::to_chars(text.data(), text.data() + text.size(), seconds,
                                 std::chars_format::general, digits); // whatever the locale
  return {text.data(), end.ptr};
}

/// Backslash, quote and line feed are what the format wants escaped.
std::string label_value(std::string_view name) {
  std::string safe;
  for (char const each : name) {
    safe += each == '\\' ? "\\\\" : each == '"' ? "\\\"" : each == '\n' ? "\\n" : std::string{each};
  }
  return safe;
}

/// Each family once, with the samples of every pool behind it, as the format wants it.
class page {
 public:
  explicit page(std::span<pool_figures const> pools) : pools_{pools} {}

  template <class Samples>
  void family(std::string_view name, std::string_view type, std::string_view help,
              Samples const& samples) {
    name_ = "conecta_pool_" + std::string{name};
    text_ += "# HELP " + name_ + " " + std::string{help} + "\n# TYPE " + name_ + " " +
             std::string{type} + "\n";
    for (auto const& each : pools_) {
      pool_ = "pool=\"" + label_value(each.name) + "\"";
      samples(each);
    }
  }
  void sample(std::uint64_t value, std::string const& label = {}) {
    line("", label, std::to_string(value));
  }
  void gauge(std::string_view name, std::string_view help, std::size_t pool_stats::* value) {
    family(name, "gauge", help, [&](pool_figures const& of) { sample(of.stats.*value); });
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t pool_stats::* value) {
    family(name, "counter", help, [&](pool_figures const& of) { sample(of.stats.*value); });
  }
  void histogram(std::string_view name, std::string_view help,
                 duration_summary pool_durations::* which) {
    family(name, "histogram", help, [&](pool_figures const& of) {
      auto const& recorded = of.durations.*which;
      for (auto const& [limit, count] : recorded.at_most) {
        line("_bucket", "le=\"" + seconds_text(limit) + "\"", std::to_string(count));
      }
      line("_bucket", "le=\"+Inf\"", std::to_string(recorded.count));
      line("_sum", "", seconds_text(recorded.sum));
      line("_count", "", std::to_string(recorded.count));
    });
  }

  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  void line(std::string_view suffix, std::string const& label, std::string const& value) {
    text_ += name_ + std::string{suffix} + "{" + pool_ + (label.empty() ? "" : ",") + label + "} " +
             value + "\n";
  }

  std::span<pool_figures const> pools_;
  std::string name_;
  std::string pool_;
  std::string text_;
};

bool has_durations(pool_figures const& that) {
  return that.durations.wait.count + that.durations.open.count + that.durations.use.count > 0;
}

} // namespace

std::string prometheus_text(std::span<pool_figures const> pools) {
  page out{pools};
  out.gauge("max_size", "The most resources that there may be.", &pool_stats::max_size);
  out.family("resources", "gauge", "Resources by what they do now.", [&](pool_figures const& of) {
    out.sample(of.stats.idle, "state=\"idle\"");
    out.sample(of.stats.leased, "state=\"leased\"");
    out.sample(of.stats.opening, "state=\"opening\"");
    out.sample(of.stats.checking, "state=\"checking\"");
    out.sample(of.stats.resetting, "state=\"resetting\"");
    out.sample(of.stats.closing, "state=\"closing\"");
  });
  out.gauge("stuck_hooks", "Hooks that have outlived their timeout.", &pool_stats::stuck);
  out.gauge("waiters", "Callers that wait.", &pool_stats::waiters);
  out.family("peak", "gauge", "The most there were at once.", [&](pool_figures const& of) {
    out.sample(of.stats.peak_live, "of=\"live\"");
    out.sample(of.stats.peak_leased, "of=\"leased\"");
    out.sample(of.stats.peak_waiters, "of=\"waiters\"");
  });

  out.counter("opened_total", "Opens that succeeded.", &pool_stats::opened);
  out.counter("open_failures_total", "Opens that failed.", &pool_stats::open_failed);
  out.counter("added_total", "Resources that were brought.", &pool_stats::added);
  out.counter("detached_total", "Resources that were taken out.", &pool_stats::detached);
  out.family(
      "closed_total", "counter", "Resources closed, by reason.", [&](pool_figures const& of) {
        for (std::size_t i = 0; i < close_reason_count; ++i) {
          auto const reason = static_cast<close_reason>(i);
          out.sample(of.stats.closed_by[reason], "reason=\"" + std::string{name_of(reason)} + "\"");
        }
      });
  out.family("acquires_total", "counter", "Calls of acquire, by how they ended.",
             [&](pool_figures const& of) {
               out.sample(of.stats.acquired, "outcome=\"acquired\"");
               out.sample(of.stats.timed_out, "outcome=\"timed_out\"");
               out.sample(of.stats.cancelled, "outcome=\"cancelled\"");
               out.sample(of.stats.rejected, "outcome=\"rejected\"");
             });
  out.counter("returned_total", "Leases that ended, but for those detached.",
              &pool_stats::returned);
  out.family("checks_total", "counter", "Checks, by what they found.", [&](pool_figures const& of) {
    out.sample(of.stats.checks_ok, "found=\"ok\"");
    out.sample(of.stats.checks_failed, "found=\"failed\"");
  });
  out.counter("leaked_total", "Leases held for longer than leak_threshold.", &pool_stats::leaked);
  out.counter("reclaimed_total", "Leases whose place was taken back.", &pool_stats::reclaimed);
  out.counter("observer_errors_total", "Exceptions that came out of the observer.",
              &pool_stats::observer_errors);

  if (std::ranges::any_of(pools, has_durations)) {
    out.histogram("wait_seconds", "From acquire to the lease.", &pool_durations::wait);
    out.histogram("open_seconds", "Time of the open hook.", &pool_durations::open);
    out.histogram("use_seconds", "From the lease to its end.", &pool_durations::use);
  }
  return std::move(out).text();
}

std::string prometheus_text(std::string_view name, pool_stats const& stats,
                            pool_durations const& durations) {
  pool_figures const one{name, stats, durations};
  return prometheus_text(std::span{&one, 1});
}

} // namespace conecta
