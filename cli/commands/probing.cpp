#include "commands/probing.hpp"

#include "net/endpoint.hpp"
#include "net/establish.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace conecta::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;
using net::error_kind;

constexpr std::size_t most_at_once = 64;
constexpr duration between_attempts = std::chrono::milliseconds{200};
constexpr duration last_attempt = std::chrono::milliseconds{50}; ///< begins so long before the end

// A failure of this host, or of its resolver, says nothing about the other: nobody was asked.
readiness without_connection(error_kind why) {
  bool const ours = why == error_kind::name || why == error_kind::fd_limit ||
                    why == error_kind::no_port || why == error_kind::denied ||
                    why == error_kind::other;
  return ours ? readiness::not_attempted : readiness::no_answer;
}

// Who replied, or ended a TCP connection, has answered. Who accepted and stays silent has not: the
// kernel accepts for a server that hangs, too.
readiness after_exchange(net::scheme kind, error_kind why, std::size_t received) {
  bool const silent = why == error_kind::timeout && received == 0;
  bool const answered =
      kind == net::scheme::tcp ? !silent : why == error_kind::mismatch || received > 0;
  return answered ? readiness::not_ready : without_connection(why);
}

/// One target, attempted until it is ready or its time is over.
class prober {
 public:
  prober(asio::io_context& context, probe_target const& target, probe_limits const& limits)
      : context_{context}, target_{target}, limits_{limits}, timer_{context} {}

  void start(std::function<void()> ended) {
    ended_ = std::move(ended);
    began_ = clock::now();
    give_up_at_ = limits_.wait ? saturating_add(began_, *limits_.wait) : never;
    attempt();
  }

  [[nodiscard]] probe_finding const& finding() const noexcept { return finding_; }

 private:
  void attempt() {
    unsigned const before = finding_.attempts;
    finding_ = {};
    finding_.url = target_.url.to_string();
    finding_.attempts = before + 1;
    deadline_ = std::min(saturating_add(clock::now(), limits_.attempt), give_up_at_);
    after_ = after::nothing;
    notes_ = {};
    timer_.expires_at(deadline_);
    timer_.async_wait([this](boost::system::error_code const& cancelled) {
      if (!cancelled) {
        stop_.emit(asio::cancellation_type::terminal);
      }
    });
    auto finished = [this](std::exception_ptr) { concluded(); };
    auto coroutine = run(*this);
    asio::co_spawn(context_, std::move(coroutine),
                   asio::bind_cancellation_slot(stop_.slot(), std::move(finished)));
  }

  // Each awaited value has a name: g++ 12 miscompiles several shorter forms.
  static asio::awaitable<void> run(prober& self) {
    try {
      auto const executor = self.context_.get_executor();
      auto establishing =
          net::establish(executor, self.target_.url, self.counters_, self.deadline_, &self.notes_);
      net::connection link = co_await std::move(establishing);
      self.after_ = after::connected;
      if (self.target_.asks) {
        self.asked_at_ = clock::now();
        net::dialogue::script script;
        script.send = self.target_.asks->send;
        script.reply = &self.target_.asks->reply;
        script.expect = &self.target_.asks->expect;
        script.counted_as = net::purpose::check;
        auto conversation = net::converse(link, self.dialogue_, script, self.deadline_);
        net::outcome const how = co_await std::move(conversation);
        self.finding_.exchanging = clock::now() - self.asked_at_;
        if (how.failed) {
          self.failed(*how.failed, how.detail);
          co_return;
        }
      }
      self.finding_.state = readiness::ready;
    } catch (boost::system::system_error const& thrown) {
      auto const late = clock::now() >= self.deadline_;
      auto const aborted = thrown.code() == asio::error::operation_aborted;
      self.failed(late && aborted ? error_kind::timeout : net::classify(thrown.code()),
                  late ? "timed out" : thrown.code().message());
    } catch (std::exception const& thrown) {
      self.failed(error_kind::other, thrown.what());
    }
  }

  void failed(error_kind why, std::string detail) {
    finding_.reason = why;
    finding_.detail = std::move(detail);
    if (after_ == after::connected) {
      finding_.state = after_exchange(target_.url.kind, why, dialogue_.received());
    } else if (notes_.address.empty()) { // still at the name: there was nobody to ask
      finding_.state = readiness::not_attempted;
    } else {
      finding_.state = without_connection(why);
    }
  }

  void concluded() {
    timer_.cancel();
    auto const now = clock::now();
    finding_.address = notes_.address;
    finding_.resolving = notes_.resolving;
    finding_.connecting = notes_.connecting;
    finding_.total = now - began_;
    if (finding_.state == readiness::ready || !limits_.wait) {
      return ended_();
    }
    if (now >= give_up_at_ - last_attempt) {
      finding_.waiting = probe_finding::patience::expired;
      return ended_();
    }
    if (limits_.trying_again) {
      limits_.trying_again(finding_);
    }
    timer_.expires_at(std::min(now + between_attempts, give_up_at_ - last_attempt));
    timer_.async_wait([this](boost::system::error_code const&) { attempt(); });
  }

  enum class after : std::uint8_t { nothing, connected };

  asio::io_context& context_;
  probe_target const& target_;
  probe_limits const& limits_;
  asio::steady_timer timer_;
  asio::cancellation_signal stop_;
  net::wire_counters counters_;
  net::dialogue dialogue_;
  net::establishment notes_;
  after after_ = after::nothing;
  std::function<void()> ended_;
  instant began_{};
  instant asked_at_{};
  instant deadline_ = never;
  instant give_up_at_ = never;
  probe_finding finding_;
};

} // namespace

std::string_view name_of(readiness value) noexcept {
  constexpr std::array<std::string_view, 4> names{"ready", "not_ready", "no_answer",
                                                  "not_attempted"};
  return names[static_cast<std::size_t>(value)];
}

std::vector<probe_finding> probe_all(std::vector<probe_target> const& targets,
                                     probe_limits const& limits) {
  asio::io_context context{1};
  std::vector<std::unique_ptr<prober>> probers;
  for (auto const& target : targets) {
    probers.push_back(std::make_unique<prober>(context, target, limits));
  }
  std::size_t next = 0;
  std::function<void()> const start_next = [&] {
    if (next < probers.size()) {
      probers[next++]->start(start_next);
    }
  };
  for (std::size_t i = 0; i < most_at_once; ++i) {
    start_next();
  }
  context.run();
  std::vector<probe_finding> findings;
  for (auto const& each : probers) {
    findings.push_back(each->finding());
  }
  return findings;
}

int exit_code_of(std::vector<probe_finding> const& findings) noexcept {
  int worst = 0;
  for (auto const& each : findings) {
    if (each.waiting == probe_finding::patience::expired) {
      return 124;
    }
    worst = std::max(worst, static_cast<int>(each.state));
  }
  return worst;
}

} // namespace conecta::command
