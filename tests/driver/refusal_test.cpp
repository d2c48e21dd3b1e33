// What a pool says to options that it does not accept, and to misuse. No thread is started here
// but in processes of their own.

#include "support/printing.hpp"

#include <conecta/pool.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

using namespace conecta;
using namespace std::chrono_literals;

namespace {

pool_options const wrong{.max_size = 0, .min_idle = 3, .open_timeout = 0s, .open_concurrency = 0};

/// Whether `misuse` ends the process with abort, in a child of its own.
template <class Misuse>
bool aborts(Misuse const& misuse) {
  auto const child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL); // not Catch's handler
    ::close(STDERR_FILENO);
    misuse();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

} // namespace

TEST_CASE("the constructor reports every option that is out of range, at once") {
  try {
    pool<int> const p{wrong, {.open = [] { return 1; }}};
    FAIL("it was built");
  } catch (invalid_options const& refused) {
    REQUIRE(refused.violations().size() == 4);
    CHECK(refused.violations()[0].field == "max_size");
    CHECK(refused.violations()[0].value == "0");
    CHECK(refused.violations()[1].field == "min_idle");
    CHECK(refused.violations()[1].allowed == "0 to max_size (0)");
    std::string const text = refused.what();
    CHECK(text.find("open_timeout") != std::string::npos);
    CHECK(text.find("open_concurrency") != std::string::npos);
  }
}

TEST_CASE("create says the same as a value") {
  auto const refused = pool<int>::create(wrong, {.open = [] { return 1; }});
  REQUIRE(!refused);
  CHECK(refused.error().code == boost::system::errc::invalid_argument);
  CHECK(refused.error().detail.find("min_idle is 3") != std::string::npos);
}

TEST_CASE("an empty lease says that it is empty") {
  lease<int> nothing;
  CHECK(!nothing.valid());
  CHECK(!nothing);
  nothing.release(); // without effect
}

TEST_CASE("the use of an empty lease aborts") {
  CHECK(aborts([] { static_cast<void>(*lease<int>{}); }));
  CHECK(aborts([] { static_cast<void>(lease<std::string> {} -> size()); }));
  CHECK(aborts([] { lease<int>{}.discard(); }));
  CHECK(aborts([] { static_cast<void>(lease<int>{}.detach()); }));
  CHECK(!aborts([] { lease<int>{}.release(); }));
}

TEST_CASE("a timeout and a deadline at once abort") {
  auto const ask = [](acquire_options const& how) {
    pool<int> p{{}, {.open = [] { return 1; }}};
    static_cast<void>(p.acquire(how));
  };
  CHECK(aborts([&] { ask({.timeout = 1s, .deadline = instant::max()}); }));
  CHECK(!aborts([&] { ask({.deadline = instant::max()}); }));
}

TEST_CASE("every error code has words") {
  for (int value = static_cast<int>(errc::closed); value <= static_cast<int>(errc::not_owned);
       ++value) {
    CHECK(make_error_code(static_cast<errc>(value)).message() != "unknown");
  }
  CHECK(std::string{pool_category().name()} == "conecta");
}
