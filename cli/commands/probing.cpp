#include "commands/probing.hpp"

#include "net/endpoint.hpp"
#include "net/establish.hpp"
#include "protocol/conduct.hpp"
#include "protocol/introduction.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

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
/// A forwarder that accepts for nobody hangs up within it.
constexpr duration lingering = std::chrono::milliseconds{50};
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
readiness after_exchange(net::transport kind, error_kind why, std::size_t received) {
  bool const silent = why == error_kind::timeout && received == 0;
  bool const answered =
      kind == net::transport::tcp ? !silent : why == error_kind::mismatch || received > 0;
  return answered ? readiness::not_ready : without_connection(why);
}

readiness state_of(protocol::standing is) {
  switch (is) {
  case protocol::standing::ready:
    return readiness::ready;
  case protocol::standing::unready:
    return readiness::not_ready;
  case protocol::standing::denied:
    return readiness::denied;
  case protocol::standing::foreign:
    return readiness::other_protocol;
  }
  return readiness::not_ready;
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
    received_ = 0;
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
      if (self.target_.depth == protocol::level::connect) {
        self.finding_.state = readiness::ready;
        co_return;
      }
      self.asked_at_ = clock::now();
      if (self.target_.url.speaks != net::protocol::none) {
        auto const introduced =
            protocol::introduce(self.target_.url, {.asks = self.target_.depth}).value();
        auto talking = protocol::conduct(link, *introduced, self.deadline_);
        auto const how = co_await std::move(talking);
        self.finding_.exchanging = clock::now() - self.asked_at_;
        self.heard(how);
        co_return;
      }
      if (!self.target_.asks) {
        auto listening = linger(self, link);
        co_await std::move(listening);
        co_return;
      }
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

  void heard(std::variant<protocol::verdict, protocol::silence> const& how) {
    if (auto const* const nothing = std::get_if<protocol::silence>(&how)) {
      received_ = nothing->heard;
      return failed(nothing->why, nothing->detail);
    }
    auto const& found = std::get<protocol::verdict>(how);
    finding_.state = state_of(found.is);
    finding_.reason = found.reason;
    finding_.detail = found.detail;
  }

  /// Whether there is somebody behind who accepted: a forwarder for nobody hangs up.
  static asio::awaitable<void> linger(prober& self, net::connection& link) {
    auto const over = std::make_shared<bool>(false);
    asio::steady_timer patience{self.context_};
    patience.expires_after(lingering);
    patience.async_wait([over, &link](boost::system::error_code const&) {
      if (!*over) {
        link.socket().cancel();
      }
    });
    auto waiting = link.socket().async_wait(net::connection::descriptor::wait_read,
                                            asio::as_tuple(asio::use_awaitable));
    co_await std::move(waiting);
    *over = true;
    self.finding_.exchanging = clock::now() - self.asked_at_;
    auto const seen = link.look_at();
    if (seen == net::connection::look::closed || seen == net::connection::look::broken) {
      auto const how =
          seen == net::connection::look::closed ? error_kind::closed : error_kind::reset;
      self.failed(how, "it accepted, and hung up at once");
      self.finding_.state = readiness::no_answer;
      co_return;
    }
    self.finding_.state = readiness::ready;
  }

  void failed(error_kind why, std::string detail) {
    finding_.reason = net::name_of(why);
    finding_.detail = std::move(detail);
    if (after_ == after::connected) {
      finding_.state =
          after_exchange(target_.url.kind, why, std::max(received_, dialogue_.received()));
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
    bool const final = limits_.wanted == readiness::ready && is_permanent(finding_.state);
    if (finding_.state == limits_.wanted || final || !limits_.wait) {
      return ended_();
    }
    if (now >= give_up_at_ - last_attempt) {
      finding_.waiting = probe_finding::patience::expired;
      return ended_();
    }
    if (limits_.trying_again) {
      limits_.trying_again(finding_);
    }
    timer_.expires_at(std::min(now + limits_.between, give_up_at_ - last_attempt));
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
  std::size_t received_ = 0; ///< in a conversation
  std::function<void()> ended_;
  instant began_{};
  instant asked_at_{};
  instant deadline_ = never;
  instant give_up_at_ = never;
  probe_finding finding_;
};

} // namespace

std::string_view name_of(readiness value) noexcept {
  constexpr std::array<std::string_view, 6> names{"ready",         "not_ready", "no_answer",
                                                  "not_attempted", "denied",    "other_protocol"};
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

int exit_code_of(std::vector<probe_finding> const& findings, probe_policy const& policy) noexcept {
  auto const as_wanted = [&](probe_finding const& each) { return each.state == policy.wanted; };
  auto const succeeded = std::count_if(findings.begin(), findings.end(), as_wanted);
  if (static_cast<std::size_t>(succeeded) >= policy.needed) {
    return 0;
  }
  auto worst = readiness::ready;
  for (auto const& each : findings) {
    if (each.waiting == probe_finding::patience::expired) {
      return 124;
    }
    worst = as_wanted(each) ? worst : std::max(worst, each.state);
  }
  return worst == readiness::ready ? 1 : static_cast<int>(worst);
}

} // namespace conecta::command
