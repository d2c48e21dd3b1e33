#include "net/lookup.hpp"

#include "base/mutex.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace conecta::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using endpoints = std::vector<asio::ip::tcp::endpoint>;

struct answer {
  error_code problem;
  endpoints found;
};

constexpr int most_threads = 64;
std::atomic<int> threads_at_work{0};

error_code meaning_of(int problem, int system_error) {
  switch (problem) {
  case EAI_AGAIN:
    return asio::error::host_not_found_try_again;
  case EAI_NONAME:
  case EAI_NODATA:
    return asio::error::host_not_found;
  case EAI_MEMORY:
    return asio::error::no_memory;
  case EAI_SYSTEM:
    return {system_error, boost::system::system_category()};
  default:
    return asio::error::no_recovery;
  }
}

answer ask_system(std::string const& host, std::string const& service) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM; // each address once; UDP goes to the same ones
  addrinfo* list = nullptr;
  if (int const problem = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list)) {
    return {meaning_of(problem, errno), {}};
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owned{list, &::freeaddrinfo};
  answer got;
  for (auto const* each = list; each != nullptr; each = each->ai_next) {
    asio::ip::tcp::endpoint address;
    if (each->ai_addrlen <= address.capacity()) {
      address.resize(each->ai_addrlen);
      std::memcpy(address.data(), each->ai_addr, each->ai_addrlen);
      got.found.push_back(address);
    }
  }
  return got;
}

/// Between a thread and the coroutine that waits for it, whichever ends first.
class rendezvous {
 public:
  explicit rendezvous(asio::steady_timer& wakes) : waiter_{&wakes} {}

  /// The thread's side. Nothing of the coroutine is touched once it has left.
  static void deliver(std::shared_ptr<rendezvous> const& to, answer got) {
    scoped_lock const lock{to->mutex_};
    to->got_ = std::move(got);
    if (to->waiter_ != nullptr) {
      auto wake = [to] { to->wake(); };
      asio::post(to->waiter_->get_executor(), std::move(wake));
    }
  }

  /// The coroutine's side, which must not find its answer and wait nevertheless.
  std::optional<answer> leave() {
    scoped_lock const lock{mutex_};
    waiter_ = nullptr;
    return std::move(got_);
  }

 private:
  void wake() {
    scoped_lock const lock{mutex_};
    if (waiter_ != nullptr) {
      // A time that is over wakes the wait, and one that begins only now, too.
      waiter_->expires_at(asio::steady_timer::time_point::min());
    }
  }

  mutex mutex_;
  asio::steady_timer* waiter_ CONECTA_GUARDED_BY(mutex_);
  std::optional<answer> got_ CONECTA_GUARDED_BY(mutex_);
};

/// Leaves, also when the coroutine is destroyed while it waits.
struct attendance {
  explicit attendance(asio::steady_timer& wakes) : at{std::make_shared<rendezvous>(wakes)} {}
  attendance(attendance const&) = delete;
  attendance& operator=(attendance const&) = delete;
  ~attendance() { at->leave(); }

  std::shared_ptr<rendezvous> at;
};

void start_thread(std::shared_ptr<rendezvous> to, std::string host, std::uint16_t port) {
  if (threads_at_work.fetch_add(1) >= most_threads) {
    --threads_at_work;
    throw boost::system::system_error{asio::error::host_not_found_try_again,
                                      "64 lookups are under way already"};
  }
  try {
    auto look = [to = std::move(to), host = std::move(host), service = std::to_string(port)] {
      auto got = ask_system(host, service);
      --threads_at_work;
      rendezvous::deliver(to, std::move(got));
    };
    std::thread{std::move(look)}.detach();
  } catch (std::system_error const& no_thread) {
    --threads_at_work;
    throw boost::system::system_error{no_thread.code().value(), boost::system::system_category(),
                                      "no thread for a lookup"};
  }
}

} // namespace

// Each awaited value has a name: g++ 12 miscompiles several shorter forms.
asio::awaitable<endpoints> look_up(std::string host, std::uint16_t port) {
  auto const executor = co_await asio::this_coro::executor;
  asio::steady_timer answered{executor, asio::steady_timer::time_point::max()};
  attendance const present{answered};
  start_thread(present.at, std::move(host), port);
  auto waiting = answered.async_wait(asio::as_tuple(asio::use_awaitable));
  co_await std::move(waiting);
  auto got = present.at->leave();
  if (!got) {
    throw boost::system::system_error{asio::error::operation_aborted, "lookup"};
  }
  if (got->problem) {
    throw boost::system::system_error{got->problem, "lookup"};
  }
  co_return std::move(got->found);
}

} // namespace conecta::net
