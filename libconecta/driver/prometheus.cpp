#include <conecta/metrics.hpp>

#include <array>
#include <charconv>

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

class page {
 public:
  explicit page(std::string_view pool) : pool_{"pool=\"" + label_value(pool) + "\""} {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "conecta_pool_" + std::string{name};
    text_ += "# HELP " + name_ + " " + std::string{help} + "\n# TYPE " + name_ + " " +
             std::string{type} + "\n";
  }
  void sample(std::uint64_t value, std::string const& label = {}) {
    line("", label, std::to_string(value));
  }
  void line(std::string_view suffix, std::string const& label, std::string const& value) {
    text_ += name_ + std::string{suffix} + "{" + pool_ + (label.empty() ? "" : ",") + label + "} " +
             value + "\n";
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "counter", help);
    sample(value);
  }
  void histogram(std::string_view name, std::string_view help, duration_summary const& recorded) {
    family(name, "histogram", help);
    for (auto const& [limit, count] : recorded.at_most) {
      line("_bucket", "le=\"" + seconds_text(limit) + "\"", std::to_string(count));
    }
    line("_bucket", "le=\"+Inf\"", std::to_string(recorded.count));
    line("_sum", "", seconds_text(recorded.sum));
    line("_count", "", std::to_string(recorded.count));
  }

  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  std::string pool_;
  std::string name_;
  std::string text_;
};

} // namespace

std::string prometheus_text(std::string_view name, pool_stats const& stats,
                            pool_durations const& durations) {
  page out{name};
  out.family("resources", "gauge", "Resources by what they do now.");
  out.sample(stats.idle, "state=\"idle\"");
  out.sample(stats.leased, "state=\"leased\"");
  out.sample(stats.opening, "state=\"opening\"");
  out.sample(stats.checking, "state=\"checking\"");
  out.sample(stats.resetting, "state=\"resetting\"");
  out.sample(stats.closing, "state=\"closing\"");
  out.family("stuck_hooks", "gauge", "Hooks that have outlived their timeout.");
  out.sample(stats.stuck);
  out.family("waiters", "gauge", "Callers that wait.");
  out.sample(stats.waiters);
  out.family("peak", "gauge", "The most there were at once.");
  out.sample(stats.peak_live, "of=\"live\"");
  out.sample(stats.peak_leased, "of=\"leased\"");
  out.sample(stats.peak_waiters, "of=\"waiters\"");

  out.counter("opened_total", "Opens that succeeded.", stats.opened);
  out.counter("open_failures_total", "Opens that failed.", stats.open_failed);
  out.counter("added_total", "Resources that were brought.", stats.added);
  out.counter("detached_total", "Resources that were taken out.", stats.detached);
  out.family("closed_total", "counter", "Resources closed, by reason.");
  for (std::size_t i = 0; i < close_reason_count; ++i) {
    auto const reason = static_cast<close_reason>(i);
    out.sample(stats.closed_by[reason], "reason=\"" + std::string{name_of(reason)} + "\"");
  }
  out.family("acquires_total", "counter", "Calls of acquire, by how they ended.");
  out.sample(stats.acquired, "outcome=\"acquired\"");
  out.sample(stats.timed_out, "outcome=\"timed_out\"");
  out.sample(stats.cancelled, "outcome=\"cancelled\"");
  out.sample(stats.rejected, "outcome=\"rejected\"");
  out.counter("returned_total", "Leases that ended, but for those detached.", stats.returned);
  out.family("checks_total", "counter", "Checks, by what they found.");
  out.sample(stats.checks_ok, "found=\"ok\"");
  out.sample(stats.checks_failed, "found=\"failed\"");
  out.counter("leaked_total", "Leases held for longer than leak_threshold.", stats.leaked);
  out.counter("reclaimed_total", "Leases whose place was taken back.", stats.reclaimed);

  if (durations.wait.count + durations.open.count + durations.use.count > 0) {
    out.histogram("wait_seconds", "From acquire to the lease.", durations.wait);
    out.histogram("open_seconds", "Time of the open hook.", durations.open);
    out.histogram("use_seconds", "From the lease to its end.", durations.use);
  }
  return std::move(out).text();
}

} // namespace conecta
