// A pool of sessions of a ready endpoint, for endpoint_test.py to drive: a command a line, an
// answer a line.
//
//   endpoint_user postgres|mysql|redis PORT [PASSWORD]
//
//   lease     "ok", or why there is none, and after how many milliseconds
//   figures   idle, checks that were good, checks that were bad, opens that failed
//   close     closes the pool; the milliseconds it took

#include <conecta/mysql.hpp>
#include <conecta/pool.hpp>
#include <conecta/postgres.hpp>
#include <conecta/redis.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace {

using namespace conecta;
using namespace std::chrono_literals;

pool_options options() {
  pool_options made;
  made.max_size = 2;
  made.min_idle = 2;
  made.acquire_timeout = 500ms;
  made.open_timeout = 300ms;
  made.check_timeout = 200ms;
  made.reset_timeout = 200ms;
  made.check_retries = 0;
  made.scan_interval = 50ms;
  made.returned = on_return::reset;
  made.backoff = {.initial = 10ms, .limit = 50ms};
  return made;
}

template <class Action>
auto milliseconds_of(Action const& action) {
  auto const began = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               began)
      .count();
}

template <class T>
int serve(blocking_endpoint<T> endpoint) {
  pool<T> sessions{options(), std::move(endpoint)};
  for (std::string command; std::getline(std::cin, command);) {
    if (command == "lease") {
      std::string said = "ok";
      auto const took = milliseconds_of([&] {
        if (auto const lent = sessions.acquire(); !lent) {
          said = describe(lent.error());
        }
      });
      std::cout << took << ' ' << said << std::endl;
    } else if (command == "figures") {
      auto const now = sessions.stats();
      std::cout << now.idle << ' ' << now.checks_ok << ' ' << now.checks_failed << ' '
                << now.open_failed << std::endl;
    } else {
      std::cout << milliseconds_of([&] { sessions.close(5s); }) << std::endl;
    }
  }
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  std::string const kind = arguments[1];
  std::string const port = arguments[2];
  std::string const password = count > 3 ? arguments[3] : "";
  if (kind == "postgres") {
    return serve(
        postgres_endpoint("host=127.0.0.1 dbname=postgres port=" + port +
                          (password.empty() ? " user=bench" : " user=anna password=" + password)));
  }
  if (kind == "mysql") {
    return serve(mysql_endpoint({.port = static_cast<unsigned>(std::stoi(port)),
                                 .user = "bench",
                                 .password = password.empty() ? "s3cret" : password,
                                 .database = "bench"}));
  }
  return serve(redis_endpoint({.port = std::stoi(port), .password = password}));
}
