#include "commands/probing.hpp"

#include "commands/crowd.hpp"
#include "report/units.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace conecta::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

constexpr duration last_attempt = std::chrono::milliseconds{50}; ///< begins so long before the end

/// The higher the worse, where `wanted` is what is good.
unsigned badness(probe_finding const& found, readiness wanted) {
  return found.state == wanted ? found.warning.empty() ? 0U : 1U
                               : 2U + static_cast<unsigned>(found.state);
}

/// Whether its host has to be looked up.
bool has_name(probe_target const& target) {
  boost::system::error_code not_numeric;
  static_cast<void>(asio::ip::make_address(target.url.host, not_numeric));
  return target.url.socket_path.empty() && !target.by.at && not_numeric.failed();
}

/// All targets: as many at once as may be, again as long as there is to wait, and no longer than it
/// takes to know the answer.
class inquiry {
 public:
  inquiry(std::vector<probe_target> const& targets, probe_limits const& limits)
      : limits_{limits}, signals_{context_, SIGINT, SIGTERM} {
    for (auto const& target : targets) {
      asked_.push_back(std::make_unique<one>(context_, target, limits));
    }
  }

  probe_findings run() {
    began_ = clock::now();
    give_up_at_ = limits_.wait ? saturating_add(began_, *limits_.wait) : never;
    signals_.async_wait([this](boost::system::error_code const& cancelled, int number) {
      if (!cancelled) {
        interrupted_by_ = number;
        finish();
      }
    });
    for (auto const& each : asked_) {
      queue_.push_back(each.get());
    }
    let_in();
    context_.run();
    probe_findings found;
    found.interrupted_by = interrupted_by_;
    for (auto const& each : asked_) {
      found.all.push_back(limits_.count ? each->all_together() : each->latest);
    }
    return found;
  }

 private:
  struct one {
    one(asio::io_context& context, probe_target target_, probe_limits const& limits)
        : target{std::move(target_)},
          who{context, target, limits.headroom},
          until_next{context},
          latest{who.finding()} {
      latest.detail = "it was not asked";
      if (limits.each_address && has_name(target)) {
        scout.emplace(context, target);
      }
    }
    /// What an attempt is made by.
    [[nodiscard]] probe_finding const& finding() const {
      return scout ? scout->finding() : who.finding();
    }
    void stop() { scout ? scout->stop() : who.stop(); }
    void remember(readiness wanted) {
      bool const good = latest.state == wanted;
      as_wanted += good ? 1U : 0U;
      took.push_back(latest.took);
      if (took.size() == 1 || badness(latest, wanted) >= badness(worst, wanted)) {
        worst = latest;
      }
    }
    [[nodiscard]] probe_finding all_together() {
      if (took.empty()) {
        return latest;
      }
      std::ranges::sort(took);
      auto made = worst;
      made.attempts = latest.attempts;
      made.total = latest.total;
      made.spread = {as_wanted, took.front(), took[(took.size() - 1) / 2], took.back()};
      return made;
    }

    probe_target target;
    crowd who;
    std::optional<prober> scout; ///< of the addresses that take its place
    asio::steady_timer until_next;
    probe_finding latest;
    probe_finding worst;        ///< of those counted
    std::vector<duration> took; ///< likewise
    unsigned as_wanted = 0;     ///< likewise
    instant asked_at{};
    duration pause{};
    unsigned in_a_row = 0; ///< successes
    enum class phase { waiting, asked, done } now = phase::waiting;
  };

  void let_in() {
    while (!over_ && running_ < limits_.at_once && !queue_.empty()) {
      auto& next = *queue_.front();
      queue_.pop_front();
      ++running_;
      next.now = one::phase::asked;
      next.asked_at = clock::now();
      auto const deadline = std::min(saturating_add(next.asked_at, limits_.attempt), give_up_at_);
      if (next.scout) {
        next.scout->look_up(deadline, [this, &next] { looked_up(next); });
      } else {
        next.who.attempt(deadline, [this, &next] { attempted(next); });
      }
    }
    if (asked_.empty()) {
      finish();
    }
  }

  /// Its addresses take its place, and are asked next.
  void looked_up(one& which) {
    if (over_ || which.scout->finding().state != readiness::ready) {
      return attempted(which);
    }
    --running_;
    auto at = std::ranges::find(asked_, &which, &std::unique_ptr<one>::get);
    gone_.push_back(std::move(*at)); // and runs yet
    at = asked_.erase(at);
    for (auto const& address : which.scout->addresses()) {
      auto target = which.target;
      target.by.at = address;
      at = asked_.insert(at, std::make_unique<one>(context_, std::move(target), limits_));
      queue_.push_back(at->get());
      ++at;
    }
    let_in();
  }

  void attempted(one& which) {
    --running_;
    which.now = one::phase::waiting;
    auto const now = clock::now();
    if (!over_ || which.latest.attempts == 0) { // what was cut off says nothing
      which.latest = which.finding();
      which.latest.took = now - which.asked_at;
      which.latest.total = now - began_;
      weigh(which.latest, limits_, std::chrono::system_clock::now());
    }
    if (over_) {
      return;
    }
    auto const wanted = limits_.policy.wanted;
    which.in_a_row = which.latest.state == wanted ? which.in_a_row + 1 : 0;
    bool const succeeded = which.in_a_row >= limits_.successes;
    bool const hopeless = wanted == readiness::ready && is_permanent(which.latest);
    if (limits_.count) {
      which.remember(wanted);
      return counted(which, now, hopeless);
    }
    bool const late = limits_.wait && now >= give_up_at_ - last_attempt;
    if (succeeded || hopeless || late || (!limits_.wait && which.in_a_row == 0)) {
      which.now = one::phase::done;
      ++done_;
      successes_ += succeeded ? 1U : 0U;
      hopeless_ += hopeless ? 1U : 0U;
      if (late && !succeeded && !hopeless) {
        if (which.latest.state == wanted) { // not often enough
          which.latest.state = readiness::not_ready;
          which.latest.reason = "unsteady";
          which.latest.detail = std::to_string(which.in_a_row) + " of " +
                                std::to_string(limits_.successes) + " times in a row";
        }
        which.latest.waiting = probe_finding::patience::expired;
      }
    } else {
      ask_again(which, now);
    }
    if (is_decided()) {
      return finish();
    }
    let_in();
  }

  void counted(one& which, instant now, bool hopeless) {
    if (hopeless || which.latest.attempts >= *limits_.count) {
      which.now = one::phase::done;
      ++done_;
    } else {
      ask_again(which, now);
    }
    if (is_decided()) {
      return finish();
    }
    let_in();
  }

  void ask_again(one& which, instant now) {
    if (limits_.trying_again) {
      limits_.trying_again(which.latest);
    }
    bool const grows = which.in_a_row == 0 && which.pause > duration::zero();
    which.pause = grows ? longer(which.pause) : limits_.between;
    which.until_next.expires_at(std::min(now + which.pause, give_up_at_ - last_attempt));
    which.until_next.async_wait([this, &which](boost::system::error_code const& cancelled) {
      if (!cancelled) {
        queue_.push_back(&which);
        let_in();
      }
    });
  }

  [[nodiscard]] duration longer(duration pause) const {
    auto const grown = std::chrono::duration<double, std::nano>{pause} * limits_.backoff;
    auto const most = std::max(limits_.longest_between, limits_.between);
    return grown < most ? std::chrono::duration_cast<duration>(grown) : most;
  }

  /// Whether nothing that is still to come can matter. Without a wait each is asked once.
  [[nodiscard]] bool is_decided() const {
    auto const needed = limits_.policy.needed.value_or(asked_.size());
    return done_ == asked_.size() ||
           (limits_.wait && (successes_ >= needed || asked_.size() - hopeless_ < needed));
  }

  /// Whoever is asked still ends its attempt, soon. A second signal is not waited for.
  void finish() {
    over_ = true;
    signals_.cancel();
    signals_.clear();
    for (auto const& each : asked_) {
      each->until_next.cancel();
      if (each->now == one::phase::asked) {
        each->stop();
      }
    }
  }

  probe_limits const& limits_;
  asio::io_context context_{1};
  asio::signal_set signals_;
  std::vector<std::unique_ptr<one>> asked_;
  std::vector<std::unique_ptr<one>> gone_; ///< for their addresses
  std::deque<one*> queue_;                 ///< for their next attempts
  std::size_t running_ = 0;
  std::size_t done_ = 0;
  std::size_t successes_ = 0; ///< of those
  std::size_t hopeless_ = 0;  ///< likewise
  bool over_ = false;
  std::optional<int> interrupted_by_;
  instant began_{};
  instant give_up_at_ = never;
};

} // namespace

std::string title_of(probe_finding const& found) {
  return found.at.empty() ? found.url : found.url + " (" + found.at + ")";
}

bool is_permanent(probe_finding const& found) noexcept {
  return found.state == readiness::denied || found.state == readiness::other_protocol ||
         found.reason == "built_without" || found.reason == "file";
}

std::string_view name_of(readiness value) noexcept {
  constexpr std::array<std::string_view, 6> names{"ready",         "not_ready", "no_answer",
                                                  "not_attempted", "denied",    "other_protocol"};
  return names[static_cast<std::size_t>(value)];
}

namespace {

std::string days(std::chrono::system_clock::duration left) {
  auto const whole = std::chrono::duration_cast<std::chrono::hours>(left).count() / 24;
  return "the certificate expires in " + std::to_string(whole) + (whole == 1 ? " day" : " days");
}

} // namespace

void weigh(probe_finding& found, probe_limits const& limits,
           std::chrono::system_clock::time_point now) {
  if (found.state != readiness::ready) {
    return;
  }
  auto const refuse = [&](std::string reason, std::string detail) {
    found.state = readiness::not_ready;
    found.reason = std::move(reason);
    found.detail = std::move(detail);
  };
  if (found.certificate_expires) {
    auto const left = *found.certificate_expires - now;
    if (limits.cert_crit && left < *limits.cert_crit) {
      return refuse("certificate", days(left));
    }
    if (limits.cert_warn && left < *limits.cert_warn) {
      found.warning = days(left);
    }
  }
  if (limits.crit && found.took > *limits.crit) {
    return refuse("slow", "slower than " + report::human_duration(*limits.crit));
  }
  if (limits.warn && found.took > *limits.warn) {
    found.warning += (found.warning.empty() ? "" : ", ") + std::string{"slower than "} +
                     report::human_duration(*limits.warn);
  }
}

probe_findings probe_all(std::vector<probe_target> const& targets, probe_limits const& limits) {
  return inquiry{targets, limits}.run();
}

int exit_code_of(probe_findings const& found, probe_limits const& limits) noexcept {
  auto const& policy = limits.policy;
  auto const as_wanted = [&](probe_finding const& each) { return each.state == policy.wanted; };
  auto const succeeded = std::ranges::count_if(found.all, as_wanted);
  if (found.interrupted_by) { // before it was decided
    return 128 + *found.interrupted_by;
  }
  auto const needed = policy.needed.value_or(found.all.size());
  if (static_cast<std::size_t>(succeeded) >= needed) {
    bool const warned = std::ranges::any_of(
        found.all, [](probe_finding const& each) { return !each.warning.empty(); });
    return warned && limits.warnings_fail ? 1 : 0;
  }
  auto worst = readiness::ready;
  std::size_t hopeless = 0;
  bool expired = false;
  for (auto const& each : found.all) {
    worst = as_wanted(each) ? worst : std::max(worst, each.state);
    hopeless += policy.wanted == readiness::ready && is_permanent(each) ? 1U : 0U;
    expired = expired || each.waiting == probe_finding::patience::expired;
  }
  if (expired && found.all.size() - hopeless >= needed) {
    return 124;
  }
  return worst == readiness::ready ? 1 : static_cast<int>(worst);
}

} // namespace conecta::command
