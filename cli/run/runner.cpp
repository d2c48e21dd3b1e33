#include "run/runner.hpp"

#include "run/assemble.hpp"
#include "run/descriptors.hpp"
#include "run/far_process.hpp"
#include "run/load.hpp"
#include "run/recorder.hpp"
#include "run/sampler.hpp"
#include "run/service.hpp"
#include "run/verdict.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <unistd.h>
#include <utility>

namespace conecta::run {

namespace {

namespace asio = boost::asio;

/// What this thread has used of a processor.
duration thread_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + duration{used.tv_nsec};
}

/// One run, from begin to drained.
class runner {
 public:
  runner(scenario::scenario const& what, progress const& report)
      : what_{what}, report_{report}, started_at_{std::time(nullptr)}, means_{what} {
    if (needs_far_process(what)) {
      far_process_.emplace(what);
    }
    for (std::size_t index = 0; index < what.endpoints.size(); ++index) {
      auto far = far_process_ ? far_process_->side_of(index) : start_far_side(what, index);
      services_.push_back(std::make_unique<service>(io_, what, index, means_, std::move(far)));
    }
  }

  finished_run run() {
    signals_.async_wait([this](auto problem, int signal) { on_signal(problem, signal); });
    begin();
    io_.run();
    return conclude();
  }

 private:
  void begin() {
    origin_ = current();
    thread_time_at_origin_ = thread_time();
    records_.emplace(what_, origin_);
    common_.emplace(shift{.what = what_, .services = services_, .records = *records_});
    if (what_.invariants) {
      common_->nonces.emplace(what_.seed);
    }
    prepare_draws();
    for (std::size_t index = 0; index < services_.size(); ++index) {
      watch(index);
      services_[index]->begin(
          origin_, [this, index](duration took) { records_->record_open(stage_, index, took); },
          [this, index](duration took) { records_->record_check(stage_, index, took); },
          witnesses_[index].get(), recordings_[index].get());
    }
    samples_.emplace(services_, *records_, origin_);
    load_ = make_load(io_, *common_, origin_);
    for (std::size_t fault = 0; fault < what_.faults.size(); ++fault) {
      watch_window(fault);
    }
    sweep();
    end_second_at(origin_ + std::chrono::seconds{1});
    begin_stage(0);
  }

  /// Where the scenario asks for it.
  void watch(std::size_t index) {
    auto& writer = recordings_.emplace_back();
    auto& watcher = witnesses_.emplace_back();
    if (what_.invariants) {
      writer = std::make_unique<sim::recording>(most_events_kept);
      auto const broken = [this, index] {
        if (!first_broken_) {
          first_broken_ = breach{index, recordings_[index]->events()};
        }
      };
      watcher = std::make_unique<witness>(what_.endpoints[index].pool, broken);
    }
  }

  void prepare_draws() {
    double total = 0;
    for (std::size_t index = 0; index < what_.endpoints.size(); ++index) {
      total += what_.endpoints[index].weight;
      common_->weights_up_to.push_back(total);
      auto& asks = common_->asks.emplace_back();
      for (std::size_t request = 0; request < what_.workload.requests.size(); ++request) {
        auto const& listed = what_.workload.requests[request].endpoints;
        if (std::find(listed.begin(), listed.end(), index) != listed.end()) {
          asks.push_back(request);
        }
      }
    }
    for (auto const& request : what_.workload.requests) {
      common_->datagram_reply.push_back(request.datagram_reply());
      common_->with_nonce.push_back(workload::holds_nonce(request.send));
    }
  }

  void begin_stage(std::size_t index) {
    stage_starts_.push_back(samples_->take());
    if (index == what_.stages.size()) {
      return end_load(what_.workload.request_timeout);
    }
    auto const& stage = what_.stages[index];
    auto const ends = origin_ + stage.start + stage.length;
    stage_ = index;
    load_->begin_stage(index, ends);
    stage_timer_.expires_at(ends);
    stage_timer_.async_wait([this, index](auto problem) {
      if (!problem) {
        begin_stage(index + 1);
      }
    });
  }

  /// Nothing new comes due. What runs ends within `patience`, by itself or cut off.
  void end_load(duration patience) {
    load_ended_ = current();
    load_thread_time_ = thread_time() - thread_time_at_origin_ - load_->spun();
    load_->end();
    await(patience + slack, [this] { return load_->resting(); }, [this] { close_pools(); });
  }

  void close_pools() {
    samples_->observe();
    for (auto const& each : services_) {
      if (each->watcher() != nullptr) {
        each->watcher()->ending();
      }
      each->close();
    }
    auto longest = duration::zero();
    for (auto const& endpoint : what_.endpoints) {
      longest = std::max({longest, endpoint.pool.open_timeout, endpoint.pool.close_timeout,
                          endpoint.pool.check_timeout});
    }
    await(longest + slack, [this] { return load_->resting() && all_closed(); }, [this] { stop(); });
  }

  void stop() {
    samples_->observe();
    samples_->end_second(current());
    for (auto const& each : services_) {
      if (each->watcher() != nullptr) {
        each->watcher()->finish(each->stats());
      }
      each->finish();
    }
    io_.stop();
  }

  /// Looks every few milliseconds whether `done`, and goes on after `most` in any case.
  template <class Done, class Then>
  void await(duration most, Done done, Then then) {
    await_until(current() + most, std::move(done), std::move(then));
  }

  template <class Done, class Then>
  void await_until(instant until, Done done, Then then) {
    if (done() || current() >= until) {
      return then();
    }
    stage_timer_.expires_after(std::chrono::milliseconds{2});
    stage_timer_.async_wait([=, this](auto) { await_until(until, done, then); });
  }

  [[nodiscard]] bool all_closed() const {
    return std::all_of(services_.begin(), services_.end(),
                       [](auto const& each) { return each->closed_all(); });
  }

  void sweep() {
    auto const now = current();
    load_->expire(now);
    samples_->observe();
    auto const expected = sweep_timer_.expiry();
    for (std::size_t index = 0; what_.invariants && index < services_.size(); ++index) {
      auto const late = expected == asio::steady_timer::time_point{} ? duration{} : now - expected;
      witnesses_[index]->look(services_[index]->stats(), now, late);
    }
    constexpr duration shortest = std::chrono::milliseconds{1};
    constexpr duration longest = std::chrono::milliseconds{5};
    sweep_timer_.expires_at(now +
                            std::clamp(what_.workload.request_timeout / 20, shortest, longest));
    sweep_timer_.async_wait([this](auto) { sweep(); });
  }

  void end_second_at(instant when) {
    second_timer_.expires_at(when);
    second_timer_.async_wait([this, when](auto) {
      auto const& point = samples_->end_second(current());
      if (report_) {
        report_(point, what_.length());
      }
      end_second_at(when + std::chrono::seconds{1});
    });
  }

  /// The pool's figures at both ends of a fault's window.
  void watch_window(std::size_t fault) {
    auto& window = windows_.emplace_back();
    auto const& spec = what_.faults[fault];
    window.timer = std::make_unique<asio::steady_timer>(io_);
    window.timer->expires_at(origin_ + spec.start);
    window.timer->async_wait([this, fault](auto) {
      auto& opened = windows_[fault];
      opened.before = samples_->take();
      opened.timer->expires_at(origin_ + what_.faults[fault].end());
      opened.timer->async_wait([this, fault](auto) { windows_[fault].after = samples_->take(); });
    });
  }

  void on_signal(boost::system::error_code problem, int signal) {
    if (problem) {
      return;
    }
    if (interrupted_by_ != 0) {
      if (::isatty(STDERR_FILENO) != 0) { // what shows the progress has left its line open
        static_cast<void>(::write(STDERR_FILENO, "\n", 1));
      }
      ::_exit(128 + signal);
    }
    interrupted_by_ = signal;
    signals_.async_wait([this](auto again, int next) { on_signal(again, next); });
    if (!load_ended_) {
      stage_starts_.push_back(samples_->take());
      auto const patience = std::min(what_.workload.request_timeout, longest_goodbye);
      common_->cut_off = current() + patience;
      end_load(patience);
      load_->drop_waiting();
    }
  }

  finished_run conclude() {
    gathered facts{what_,        services_,     *records_, *samples_,   origin_,
                   *load_ended_, stage_starts_, {},        started_at_, load_thread_time_};
    for (auto const& window : windows_) {
      facts.windows.push_back({window.before, window.after});
    }
    finished_run finished;
    finished.found = assemble(facts);
    finished.found.ended = interrupted_by_ != 0      ? completion::interrupted
                           : reached_anything(facts) ? completion::complete
                                                     : completion::nothing_reached;
    for (std::size_t index = 0; what_.invariants && index < services_.size(); ++index) {
      for (auto& each : witnesses_[index]->verdicts()) {
        each.endpoint = what_.endpoints[index].id;
        finished.found.invariants.push_back(std::move(each));
      }
    }
    if (first_broken_) {
      finished.trace = recordings_[first_broken_->endpoint]->text(first_broken_->events);
    }
    judge_all(finished.found, what_.thresholds);
    finished.interrupted_by = interrupted_by_;
    return finished;
  }

  struct window_watch {
    std::unique_ptr<asio::steady_timer> timer;
    snapshot before;
    snapshot after;
  };

  static constexpr duration slack = std::chrono::milliseconds{250};
  /// What an interrupted run gives the requests that are under way.
  static constexpr duration longest_goodbye = std::chrono::seconds{1};

  struct breach {
    std::size_t endpoint = 0;
    std::uint64_t events = 0; ///< until it was seen
  };
  /// Some 150 bytes each.
  static constexpr std::size_t most_events_kept = 1'000'000;

  scenario::scenario const& what_;
  progress const& report_;
  std::time_t started_at_;
  std::vector<std::unique_ptr<sim::recording>> recordings_; ///< one an endpoint, null: none
  std::vector<std::unique_ptr<witness>> witnesses_;         ///< likewise
  std::optional<breach> first_broken_;
  local_means means_;
  std::optional<far_process> far_process_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  asio::steady_timer stage_timer_{io_};
  asio::steady_timer sweep_timer_{io_};
  asio::steady_timer second_timer_{io_};
  std::vector<std::unique_ptr<service>> services_;
  std::optional<recorder> records_;
  std::optional<sampler> samples_;
  std::optional<shift> common_;
  std::unique_ptr<load> load_;
  std::size_t stage_ = 0;
  std::vector<snapshot> stage_starts_; ///< and the end of the last
  std::vector<window_watch> windows_;
  instant origin_{};
  std::optional<instant> load_ended_;
  duration thread_time_at_origin_{};
  duration load_thread_time_{};
  int interrupted_by_ = 0;
};

} // namespace

finished_run run_scenario(scenario::scenario const& what, progress const& report) {
  require_descriptors(descriptors_needed(what));
  runner one{what, report};
  return one.run();
}

} // namespace conecta::run
