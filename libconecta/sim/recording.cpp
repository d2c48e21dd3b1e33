#include "sim/recording.hpp"

#include "driver/history.hpp"
#include "sim/trace.hpp"

#include <type_traits>
#include <vector>

namespace conecta::sim {

namespace {

reply reply_of(core::event const& what, driver::core_answer const& answer) {
  reply made;
  made.given = answer.given;
  made.slot = answer.reserved;
  auto const queues =
      std::holds_alternative<core::acquire>(what) || std::holds_alternative<core::spurn>(what);
  if (queues && answer.given == core::receipt::accepted) {
    made.caller = answer.caller;
  }
  return made;
}

} // namespace

class recording::book final : public driver::history {
 public:
  explicit book(std::size_t most) : most_{most} {}

  void begins(pool_options const& options, core::hooks_present hooks, std::uint64_t seed,
              instant now) override {
    from_ = {options, hooks, seed, now};
    from_.pool.observer.reset();
  }

  void happened(instant now, core::event const& what, driver::core_answer const& answer,
                core::action_list const& actions) override {
    if (events_++ < most_) {
      entries_.push_back({now, what, reply_of(what, answer), actions_.size()});
      actions_.insert(actions_.end(), actions.begin(), actions.end());
    }
  }

  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

  [[nodiscard]] std::string text(std::uint64_t up_to) const {
    if (up_to > entries_.size()) {
      return {};
    }
    auto made = header_text(from_);
    for (std::size_t index = 0; index < up_to; ++index) {
      auto const& each = entries_[index];
      auto const end =
          index + 1 < entries_.size() ? entries_[index + 1].first_action : actions_.size();
      core::action_list came;
      for (auto at = each.first_action; at < end; ++at) {
        came.push_back(actions_[at]);
      }
      made += event_text(each.at, each.what) + "\n";
      for (auto const& line : consequences(each.given, came)) {
        made += "  " + line + "\n";
      }
    }
    return made;
  }

 private:
  struct entry {
    instant at{};
    core::event what{};
    reply given{};
    std::size_t first_action = 0;
  };

  std::size_t most_;
  std::uint64_t events_ = 0;
  origin from_;
  std::vector<entry> entries_;
  std::vector<core::action> actions_;
};

recording::recording(std::size_t most_events) : book_{std::make_unique<book>(most_events)} {}
recording::~recording() = default;

recording::listening::listening(recording& to) { driver::history_of_new_pools = to.book_.get(); }
recording::listening::~listening() { driver::history_of_new_pools = nullptr; }

std::uint64_t recording::events() const noexcept { return book_->events(); }
std::string recording::text(std::uint64_t up_to) const { return book_->text(up_to); }

} // namespace conecta::sim
