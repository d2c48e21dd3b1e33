// When the system gives no more threads. Each test runs in a child process whose limit is lowered
// after the pool was built: as an ordinary user, for root has no such limit.

#include "support/waiting.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <optional>

using namespace conecta;
using namespace conecta::test;
using namespace std::chrono_literals;

namespace {

void allow_no_more_threads() {
  constexpr ::uid_t nobody = 65534;
  if (::getuid() == 0 && ::setuid(nobody) != 0) {
    ::_exit(2);
  }
  ::rlimit const none{0, 0};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0) {
    ::_exit(2);
  }
}

/// What `scene` returned in a process of its own; none if that ended otherwise.
template <class Scene>
std::optional<bool> in_a_child(Scene const& scene) {
  auto const child = ::fork();
  if (child == 0) {
    ::alarm(60); // a child that hangs fails the test
    auto status = 3;
    try {
      status = scene() ? 0 : 1;
    } catch (std::exception const&) {
      status = 4;
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    return std::nullopt;
  }
  return WEXITSTATUS(status) == 0;
}

} // namespace

TEST_CASE("an open without a thread to run it fails, and costs no capacity") {
  auto const as_promised = in_a_child([] {
    pool<int> p{{.max_size = 1}, {.open = [] { return 1; }}};
    allow_no_more_threads();
    auto const first = p.acquire_for(20ms);
    auto const now = p.stats();
    return !first && first.error().code == errc::timed_out && now.open_failed > 0 &&
           now.opening == 0 &&
           first.error().last_open == boost::system::errc::resource_unavailable_try_again;
  });
  CHECK(as_promised == true);
}

TEST_CASE("a close without a thread to run it happens where the lease ends") {
  auto const as_promised = in_a_child([] {
    std::optional<std::thread::id> closed_in;
    pool<int> p{
        {.max_size = 1},
        {.open = [] { return 1; }, .close = [&](int&) { closed_in = std::this_thread::get_id(); }}};
    if (!p.add(7)) {
      return false;
    }
    auto lent = p.acquire();
    allow_no_more_threads();
    lent->discard();
    return closed_in == std::this_thread::get_id() && p.stats().closed == 1;
  });
  CHECK(as_promised == true);
}

TEST_CASE("a pool whose first thread cannot be started says so") {
  auto const as_promised = in_a_child([] {
    allow_no_more_threads();
    auto const built = pool<int>::create({}, {.open = [] { return 1; }});
    return !built && built.error().code == boost::system::errc::resource_unavailable_try_again;
  });
  CHECK(as_promised == true);
}
