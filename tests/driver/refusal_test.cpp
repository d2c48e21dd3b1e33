// What a pool says to options that it does not accept, and to misuse. No thread is started here
// but in processes of their own.

#include "support/printing.hpp"

#include <conecta/asio_pool.hpp>
#include <conecta/pool.hpp>

#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

using namespace conecta;
using namespace std::chrono_literals;

namespace {

pool_options const wrong{.max_size = 0, .min_idle = 3, .open_timeout = 0s, .open_concurrency = 0};

/// Every field that can be out of range by itself.
pool_options all_wrong() {
  pool_options options;
  options.max_size = 0;
  options.initial_size = 1;
  options.min_idle = 1;
  options.max_idle = 0;
  options.max_waiters = most_slots + 1;
  options.acquire_timeout = -1ns;
  options.open_timeout = 0ns;
  options.check_timeout = 0ns;
  options.reset_timeout = 0ns;
  options.close_timeout = 0ns;
  options.open_concurrency = 0;
  options.check_concurrency = 1025;
  options.backoff = {.initial = 0ns, .limit = -1ns, .jitter = 1.5};
  options.scan_interval = 0ns;
  options.check_retries = 1001;
  options.check_if_idle_for = 0ns;
  options.idle_timeout = 0ns;
  options.max_lifetime = duration::max();
  options.lifetime_jitter = -0.1;
  options.max_uses = 0;
  options.max_overtaken = 0;
  options.leak_threshold = 0ns;
  options.reclaim_after = 0ns;
  return options;
}

std::vector<std::string> const all_fields{
    "max_size",        "min_idle",          "initial_size",     "max_idle",
    "max_waiters",     "acquire_timeout",   "open_timeout",     "check_timeout",
    "reset_timeout",   "close_timeout",     "open_concurrency", "check_concurrency",
    "backoff.initial", "backoff.jitter",    "backoff.limit",    "scan_interval",
    "check_retries",   "check_if_idle_for", "idle_timeout",     "max_lifetime",
    "lifetime_jitter", "max_uses",          "max_overtaken",    "leak_threshold",
    "reclaim_after"};

std::vector<std::string> fields_of(invalid_options const& refused) {
  std::vector<std::string> fields;
  for (auto const& each : refused.violations()) {
    fields.push_back(each.field);
  }
  return fields;
}

/// What `misuse` says on standard error before it ends the process with abort, in a child of its
/// own; empty if it does not abort.
template <class Misuse>
std::string last_words_of(Misuse const& misuse) {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  auto const child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL); // not Catch's handler
    ::dup2(pipe[1], STDERR_FILENO);
    misuse();
    ::_exit(0);
  }
  ::close(pipe[1]);
  std::string said;
  std::array<char, 256> part{};
  for (auto n = ::read(pipe[0], part.data(), part.size()); n > 0;
       n = ::read(pipe[0], part.data(), part.size())) {
    said.append(part.data(), static_cast<std::size_t>(n));
  }
  ::close(pipe[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? said : "";
}

std::string said_of_empty(std::string const& operation) {
  return "conecta: lease::" + operation + " of a lease that holds nothing\n";
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

TEST_CASE("every field out of range is reported at once, by pools of both kinds") {
  auto const reported = [](auto const& build) {
    try {
      build();
    } catch (invalid_options const& refused) {
      return fields_of(refused);
    }
    return std::vector<std::string>{};
  };
  CHECK(reported([] { pool<int> const p{all_wrong(), {.open = [] { return 1; }}}; }) == all_fields);
  CHECK(reported([] {
          boost::asio::io_context io;
          asio_endpoint<int> endpoint;
          asio_pool<int> const p{io.get_executor(), all_wrong(), std::move(endpoint)};
        }) == all_fields);
  auto const refused = pool<int>::create(all_wrong(), {.open = [] { return 1; }});
  REQUIRE(!refused);
  for (auto const& field : all_fields) {
    INFO(field);
    CHECK(refused.error().detail.find(field + " is ") != std::string::npos);
  }
}

TEST_CASE("an empty lease says that it is empty") {
  lease<int> nothing;
  CHECK(!nothing.valid());
  CHECK(!nothing);
  nothing.release(); // without effect
}

TEST_CASE("the use of an empty lease aborts, and says which use it was") {
  CHECK(last_words_of([] { static_cast<void>(*lease<int>{}); }) == said_of_empty("operator*"));
  CHECK(last_words_of([] { static_cast<void>(lease<std::string> {} -> size()); }) ==
        said_of_empty("operator->"));
  CHECK(last_words_of([] { lease<int>{}.discard(); }) == said_of_empty("discard"));
  CHECK(last_words_of([] { static_cast<void>(lease<int>{}.detach()); }) == said_of_empty("detach"));
  CHECK(last_words_of([] { lease<int>{}.release(); }).empty());
}

TEST_CASE("a lease that was discarded or detached must not be used, nor one that was moved from") {
  auto const after = [](auto const& ended, auto const& use) {
    return last_words_of([&] {
      pool<std::string> p{{}, {.open = [] { return "opened"; }}};
      p.add("added");
      auto lent = p.acquire().value();
      ended(lent);
      use(lent);
    });
  };
  auto const discarded = [](auto& lent) { lent.discard(); };
  auto const detached = [](auto& lent) { static_cast<void>(lent.detach()); };
  auto const released = [](auto& lent) { lent.release(); };
  auto const moved = [](auto& lent) { auto const other = std::move(lent); };
  CHECK(after(discarded, [](auto& lent) { static_cast<void>(*lent); }) ==
        said_of_empty("operator*"));
  CHECK(after(discarded, [](auto& lent) { lent.discard(); }) == said_of_empty("discard"));
  CHECK(after(detached, [](auto& lent) { static_cast<void>(lent->size()); }) ==
        said_of_empty("operator->"));
  CHECK(after(detached, [](auto& lent) { static_cast<void>(lent.detach()); }) ==
        said_of_empty("detach"));
  CHECK(after(released, [](auto& lent) { lent.discard(); }) == said_of_empty("discard"));
  CHECK(after(moved, [](auto& lent) { static_cast<void>(*lent); }) == said_of_empty("operator*"));
  CHECK(after([](auto&) {}, [](auto& lent) { static_cast<void>(*lent); }).empty());
}

TEST_CASE("a timeout and a deadline at once abort") {
  auto const ask = [](acquire_options const& how) {
    pool<int> p{{}, {.open = [] { return 1; }}};
    static_cast<void>(p.acquire(how));
  };
  CHECK_FALSE(last_words_of([&] { ask({.timeout = 1s, .deadline = instant::max()}); }).empty());
  CHECK(last_words_of([&] { ask({.deadline = instant::max()}); }).empty());
}

TEST_CASE("every error code has words") {
  for (int value = static_cast<int>(errc::closed); value <= static_cast<int>(errc::not_owned);
       ++value) {
    CHECK(make_error_code(static_cast<errc>(value)).message() != "unknown");
  }
  CHECK(std::string{pool_category().name()} == "conecta");
}
