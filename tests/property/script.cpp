#include "property/script.hpp"

#include "core/message_text.hpp"

#include <algorithm>

namespace conecta::property {

namespace {

using core::slot_state;

class setting_reader {
 public:
  explicit setting_reader(std::span<std::uint8_t const> bytes) : bytes_{bytes} {}

  /// 0 to most.
  std::size_t up_to(std::size_t most) { return bytes_[next_++] % (most + 1); }
  duration ns(std::size_t least, std::size_t most) {
    return duration{static_cast<duration::rep>(least + up_to(most - least))};
  }
  std::optional<duration> maybe_ns(std::size_t most) {
    auto const count = up_to(most);
    return count == 0 ? std::nullopt : std::optional{duration{static_cast<duration::rep>(count)}};
  }
  double half_steps() { return static_cast<double>(up_to(2)) / 2.0; }

 private:
  std::span<std::uint8_t const> bytes_;
  std::size_t next_ = 0;
};

/// Turns commands into events about what is there at that moment.
class player {
 public:
  explicit player(world const& in)
      : game_{in.options, in.hooks, in.seed, start},
        order_{in.options.order},
        looks_{in.hooks.look} {
    trace_ = "# max_size=" + std::to_string(in.options.max_size) +
             " min_idle=" + std::to_string(in.options.min_idle) +
             " max_waiters=" + std::to_string(in.options.max_waiters) +
             " open_timeout=" + std::to_string(in.options.open_timeout.count()) +
             " check_timeout=" + std::to_string(in.options.check_timeout.count()) +
             " reset_timeout=" + std::to_string(in.options.reset_timeout.count()) +
             " close_timeout=" + std::to_string(in.options.close_timeout.count()) +
             "\n# open_concurrency=" + std::to_string(in.options.open_concurrency) +
             " check_concurrency=" + std::to_string(in.options.check_concurrency) +
             " backoff=" + std::to_string(in.options.backoff.initial.count()) + ".." +
             std::to_string(in.options.backoff.limit.count()) +
             " jitter=" + std::to_string(in.options.backoff.jitter) +
             " scan_interval=" + std::to_string(in.options.scan_interval.count()) +
             " check_retries=" + std::to_string(in.options.check_retries) +
             "\n# idle_timeout=" + text_of(in.options.idle_timeout) +
             " max_lifetime=" + text_of(in.options.max_lifetime) +
             " lifetime_jitter=" + std::to_string(in.options.lifetime_jitter) +
             " order=" + (order_ == idle_order::lifo ? "lifo" : "fifo") +
             " reset=" + (in.options.returned == on_return::reset ? "yes" : "no") +
             " hooks=" + (in.hooks.check ? "check," : "") + (in.hooks.reset ? "reset," : "") +
             (in.hooks.look ? "look" : "") +
             "\n# initial_size=" + std::to_string(in.options.initial_size) +
             " max_idle=" + (in.options.max_idle ? std::to_string(*in.options.max_idle) : "none") +
             " fail_fast=" + (in.options.when_down == while_down::fail_fast ? "yes" : "no") +
             " check_on_acquire=" +
             std::to_string(+static_cast<std::uint8_t>(in.options.check_on_acquire)) +
             " check_if_idle_for=" + std::to_string(in.options.check_if_idle_for.count()) +
             " suspicion=" +
             (in.options.after_bad_check == bad_check::concerns_it_alone ? "no" : "yes") +
             "\n# max_uses=" + std::to_string(in.options.max_uses.value_or(0)) +
             " leak_threshold=" + text_of(in.options.leak_threshold) +
             " reclaim_after=" + text_of(in.options.reclaim_after) + " fairness=" +
             (in.options.fair == fairness::strict
                  ? "strict"
                  : "barging/" + std::to_string(in.options.max_overtaken)) +
             " seed=" + std::to_string(in.seed) + "\n";
  }

  std::optional<std::string> on(command const& that) {
    pass_time(that.later);
    auto const what = event_for(that);
    history_.push_back({now_, what});
    auto const before = game_.played().stats();
    auto wrong = game_.on(now_, what);
    refused_ += !wrong && before == game_.played().stats() ? 1U : 0U;
    remember_names();
    return wrong;
  }

  [[nodiscard]] std::string trace() const {
    auto text = trace_;
    for (auto const& [when, what] : history_) {
      text += std::to_string(when.time_since_epoch().count()) + " " + core::to_text(what) + "\n";
    }
    return text;
  }

  [[nodiscard]] referee& game() { return game_; }
  [[nodiscard]] instant now() const { return now_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }

 private:
  static constexpr instant start{duration{1000}};

  struct moment {
    instant when;
    core::event what;
  };

  static std::string text_of(std::optional<duration> const& that) {
    return that ? std::to_string(that->count()) : "none";
  }

  /// Mostly none, often a little, sometimes to just before or to the next deadline.
  void pass_time(std::uint8_t later) {
    auto const next = game_.played().next_deadline();
    if (later >= 224 && next != never && next > now_) {
      now_ = later >= 232 ? next : next - duration{1};
    } else if (later >= 128) {
      now_ += duration{later % 8};
    }
  }

  core::event event_for(command const& that) {
    switch (that.what % kinds_of_command) {
    case 1:
    case 2:
      return core::acquire{never};
    case 3:
      return core::acquire{now_ + duration{that.which % 12}};
    case 4:
    case 5:
      return about<core::give_back>(slot_state::leased, that.which);
    case 6:
      return about<core::opened>(slot_state::opening, that.which);
    case 7:
      return about<core::opened>(slot_state::opening, that.which);
    case 8:
      return about<core::open_failed>(slot_state::opening, that.which);
    case 9:
      return about<core::closed>(slot_state::closing, that.which);
    case 10:
      return about<core::checked>(slot_state::checking, that.which);
    case 11:
      return not_answered_well(about<core::checked>(slot_state::checking, that.which), that);
    case 12:
      return about<core::reset_done>(slot_state::resetting, that.which);
    case 13:
      return not_answered_well(about<core::reset_done>(slot_state::resetting, that.which), that);
    case 14:
      return about<core::discard>(slot_state::leased, that.which);
    case 15:
      return about<core::detach>(slot_state::leased, that.which);
    case 16:
      return cancel_of(that.which);
    case 17:
      return core::reserve{};
    case 18:
      return stale(that.which);
    case 19:
      return that.which < 16 ? core::event{core::drain{}} : core::tick{};
    case 20:
    case 21:
      return retry_of(that.which);
    case 22:
      return core::resize{game_.expected().max_size() + that.which % 5U - 2U};
    case 23:
      return that.which < 128 ? core::event{core::invalidate{}} : core::evict_idle{};
    case 24:
      return that.which < 96 ? core::event{core::suspend{}} : core::resume{};
    case 25:
      return spurn_of(that.which);
    default:
      return core::tick{};
    }
  }

  template <class Event>
  core::event about(slot_state state, std::uint8_t which) const {
    std::vector<slot_ref> names;
    for (auto const& that : game_.expected().things()) {
      if (that.state == state) {
        names.push_back(that.name);
      }
    }
    if (names.empty()) {
      return core::tick{};
    }
    return Event{names[which % names.size()]};
  }

  static core::event not_answered_well(core::event what, command const& how) {
    auto const found = how.later % 8 == 5 ? core::health::unknown : core::health::bad;
    if (auto* const checked = std::get_if<core::checked>(&what)) {
      checked->found = found;
    } else if (auto* const reset = std::get_if<core::reset_done>(&what)) {
      reset->found = found;
    }
    return what;
  }

  core::event cancel_of(std::uint8_t which) const {
    auto const& waiting = game_.expected().callers();
    if (waiting.empty()) {
      return core::tick{};
    }
    return core::cancel{waiting[which % waiting.size()].name};
  }

  /// Mostly of one that was woken, if there is any.
  core::event retry_of(std::uint8_t which) const {
    auto const& waiting = game_.expected().callers();
    for (auto const& caller : waiting) {
      if (caller.awake && which < 192) {
        return core::retry{caller.name};
      }
    }
    return waiting.empty() ? core::event{core::tick{}}
                           : core::retry{waiting[which % waiting.size()].name};
  }

  core::event spurn_of(std::uint8_t which) const {
    auto what = looks_ ? about<core::spurn>(slot_state::leased, which) : core::event{core::tick{}};
    if (auto* const found = std::get_if<core::spurn>(&what)) {
      found->deadline = which % 4 == 0   ? instant::min()
                        : which % 4 == 1 ? now_
                        : which % 4 == 2 ? now_ + duration{5}
                                         : never;
    }
    return what;
  }

  /// An event with a name that was once right, and may be again.
  core::event stale(std::uint8_t which) const {
    if (which % 8 == 7) {
      return core::cancel{old_tickets_.empty() ? ticket{9, 9}
                                               : old_tickets_[which % old_tickets_.size()]};
    }
    auto const name =
        old_names_.empty() ? slot_ref{9, 9} : old_names_[which / 8U % old_names_.size()];
    switch (which % 8) {
    case 0:
      return core::give_back{name};
    case 1:
      return core::discard{name};
    case 2:
      return core::detach{name};
    case 3:
      return core::opened{name};
    case 4:
      return core::open_failed{name};
    case 5:
      return core::checked{name};
    default:
      return core::closed{name};
    }
  }

  /// The latest 16 names of slots and of callers.
  void remember_names() {
    for (auto const& that : game_.expected().things()) {
      remember(old_names_, that.name);
    }
    for (auto const& that : game_.expected().callers()) {
      remember(old_tickets_, that.name);
    }
  }

  template <class Name>
  static void remember(std::vector<Name>& names, Name name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
    if (names.size() > 16) {
      names.erase(names.begin());
    }
  }

  referee game_;
  idle_order order_;
  bool looks_;
  instant now_ = start;
  std::size_t refused_ = 0;
  std::string trace_;
  std::vector<moment> history_;
  std::vector<slot_ref> old_names_;
  std::vector<ticket> old_tickets_;
};

} // namespace

script script_from(std::span<std::uint8_t const> bytes) {
  script that;
  auto const head = std::min(bytes.size(), that.settings.size());
  std::copy_n(bytes.begin(), head, that.settings.begin());
  bytes = bytes.subspan(head);
  for (; bytes.size() >= 3 && that.commands.size() < 4096; bytes = bytes.subspan(3)) {
    that.commands.push_back({bytes[0], bytes[1], bytes[2]});
  }
  return that;
}

world world_from(std::array<std::uint8_t, setting_count> const& settings) {
  setting_reader read{settings};
  world that;
  auto& options = that.options;
  options.max_size = 1 + read.up_to(3);
  options.min_idle = read.up_to(options.max_size);
  options.max_waiters = read.up_to(4);
  options.open_timeout = read.ns(1, 12);
  options.check_timeout = read.ns(1, 6);
  options.reset_timeout = read.ns(1, 6);
  options.close_timeout = read.ns(1, 6);
  options.open_concurrency = 1 + read.up_to(2);
  options.check_concurrency = 1 + read.up_to(1);
  options.backoff.initial = read.ns(1, 6);
  options.backoff.limit = options.backoff.initial + read.ns(0, 24);
  options.backoff.jitter = read.half_steps();
  options.scan_interval = read.ns(1, 12);
  options.check_retries = static_cast<unsigned>(read.up_to(2));
  options.idle_timeout = read.maybe_ns(16);
  options.max_lifetime = read.maybe_ns(32);
  options.lifetime_jitter = read.half_steps();
  auto const flags = read.up_to(15);
  options.order = (flags & 1U) == 0 ? idle_order::lifo : idle_order::fifo;
  options.returned = (flags & 2U) == 0 ? on_return::lend_again : on_return::reset;
  that.hooks.check = (flags & 4U) != 0;
  that.hooks.reset = (flags & 2U) != 0 || (flags & 8U) != 0;
  that.seed = read.up_to(255);
  // Each of what follows is off in most worlds: many features together hide each other.
  auto const rarely = [&read] { return read.up_to(255) >= 160; };
  that.hooks.look = rarely();
  options.max_idle = rarely() ? std::optional{options.min_idle + read.up_to(2)} : std::nullopt;
  auto const may_be_idle = std::min(options.max_idle.value_or(options.max_size), options.max_size);
  options.initial_size = rarely() ? read.up_to(may_be_idle) : 0;
  options.when_down = rarely() ? while_down::fail_fast : while_down::wait;
  options.check_on_acquire =
      rarely() ? static_cast<acquire_check>(1 + read.up_to(1)) : acquire_check::none;
  if (options.check_on_acquire == acquire_check::always || options.max_idle == 0) {
    options.max_waiters = std::max<std::size_t>(options.max_waiters, 1); // or nobody is ever served
  }
  options.check_if_idle_for = read.ns(1, 8);
  options.after_bad_check =
      rarely() ? bad_check::makes_older_suspect : bad_check::concerns_it_alone;
  options.max_uses =
      rarely() ? std::optional{static_cast<std::uint32_t>(1 + read.up_to(3))} : std::nullopt;
  if (rarely()) {
    options.leak_threshold = read.ns(1, 8);
    options.reclaim_after =
        rarely() ? std::optional{*options.leak_threshold + duration{1}} : std::nullopt;
  }
  options.fair = rarely() ? fairness::barging : fairness::strict;
  options.max_overtaken = static_cast<unsigned>(1 + read.up_to(2));
  return that;
}

verdict play(script const& that) {
  player at_work{world_from(that.settings)};
  verdict found;
  for (auto const& next : that.commands) {
    if (auto wrong = at_work.on(next)) {
      found.complaint = *wrong + "\nafter\n" + at_work.trace();
      return found;
    }
  }
  found.stats = at_work.game().played().stats();
  found.refused = at_work.refused();
  if (auto wrong = finish(at_work.game(), at_work.now())) {
    found.complaint = "while it was closed, " + *wrong + "\nafter\n" + at_work.trace();
  }
  found.drained = at_work.game().expected().is_drained();
  return found;
}

std::optional<std::string> finish(referee& game, instant now) {
  if (auto wrong = game.on(now, core::tick{})) {
    return wrong;
  }
  if (!game.expected().is_closed()) {
    if (auto wrong = game.on(now, core::drain{})) {
      return wrong;
    }
  }
  // Each thing needs at most two answers: to its hook, and to its close.
  for (auto left = 2 * game.generations().size(); !game.expected().things().empty(); --left) {
    if (left == 0) {
      return "something is left that no answer ends";
    }
    auto const that = game.expected().things().front();
    core::event answer = core::closed{that.name};
    if (that.state == slot_state::opening) {
      answer = core::opened{that.name};
    } else if (that.state == slot_state::checking) {
      answer = core::checked{that.name};
    } else if (that.state == slot_state::resetting) {
      answer = core::reset_done{that.name};
    } else if (that.state == slot_state::leased) {
      answer = core::give_back{that.name};
    }
    if (auto wrong = game.on(now, answer)) {
      return wrong;
    }
  }
  return game.expected().is_drained() ? std::nullopt
                                      : std::optional<std::string>{"it never said drained"};
}

} // namespace conecta::property
