#include "bench/pool_tasks.hpp"

#include "bench/pool_contestants.hpp"

#include <conecta/asio_pool.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <latch>
#include <thread>
#include <vector>

namespace conecta::bench {

namespace {

boost::asio::awaitable<int> open(hook_context const&) { co_return 0; }

class client {
 public:
  client(asio_pool<int>& pool, shape const& of, std::atomic<phase> const& now, std::latch& ended)
      : pool_{pool}, of_{of}, now_{now}, ended_{ended} {}

  void next() {
    at_ = now_.load(std::memory_order_relaxed);
    if (at_ == phase::ending) {
      ended_.count_down();
      return;
    }
    if (of_.exhausts()) {
      asked_ = steady::now();
    }
    pool_.async_acquire([this](error_code, lease<int> granted) { hold(std::move(granted)); });
  }

  [[nodiscard]] tally const& counted() const noexcept { return mine_; }

 private:
  void hold(lease<int> granted) {
    if (at_ == phase::counting) {
      ++mine_.pairs;
      if (of_.exhausts()) {
        mine_.waits.record(steady::now() - asked_);
      }
    }
    if (of_.hold == holding::yielding) {
      held_ = std::move(granted);
      boost::asio::post(pool_.get_executor(), [this] {
        held_.release();
        next();
      });
      return;
    }
    if (of_.hold == holding::busy) {
      stay_busy(of_.busy);
    }
    granted.release();
    next();
  }

  asio_pool<int>& pool_;
  shape const& of_;
  std::atomic<phase> const& now_;
  std::latch& ended_;
  phase at_ = phase::warming;
  steady::time_point asked_;
  lease<int> held_;
  tally mine_;
};

} // namespace

class task_player::threads {
 public:
  threads() {
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      running_.emplace_back([this] { context_.run(); });
    }
  }
  ~threads() { context_.stop(); }

  boost::asio::io_context& context() noexcept { return context_; }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::vector<std::jthread> running_;
};

class task_player::field {
 public:
  field(boost::asio::io_context& context, shape const& of)
      : pool{context.get_executor(), bare_options(of), {.open = open}} {
    fill(pool, of);
    for (std::size_t i = 0; i < of.leased; ++i) {
      leased_.push_back(pool.try_acquire().value());
    }
  }

  asio_pool<int> pool;

 private:
  std::vector<lease<int>> leased_;
};

task_player::task_player() : threads_{std::make_unique<threads>()} {}
task_player::~task_player() = default;

std::shared_ptr<task_player::field> task_player::field_for(shape const& of) {
  if (!of.large()) {
    return std::make_shared<field>(threads_->context(), of);
  }
  auto& kept = large_[of.text];
  if (kept == nullptr) {
    kept = std::make_shared<field>(threads_->context(), of);
  }
  return kept;
}

void task_player::play(shape const& of, std::chrono::milliseconds length) {
  auto const chosen = field_for(of);
  std::atomic<phase> now{phase::warming};
  std::latch ended{static_cast<std::ptrdiff_t>(of.clients)};
  std::vector<std::unique_ptr<client>> clients;
  for (std::size_t i = 0; i < of.clients; ++i) {
    clients.push_back(std::make_unique<client>(chosen->pool, of, now, ended));
    boost::asio::post(threads_->context(), [&one = *clients.back()] { one.next(); });
  }
  auto const elapsed = conduct(now, length);
  ended.wait();
  tally total;
  for (auto const& one : clients) {
    total.add(one->counted());
  }
  print(of, total, elapsed);
}

} // namespace conecta::bench
