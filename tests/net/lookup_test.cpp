// Lookups without a network: this program's own getaddrinfo stands in for the C library's.

#include "net/error_kind.hpp"
#include "net/lookup.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <semaphore>
#include <string>
#include <vector>

using namespace conecta;
using namespace conecta::net;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

std::counting_semaphore<> name_server_answers{0};

using endpoints = std::vector<asio::ip::tcp::endpoint>;

asio::awaitable<void> keep_answer(std::string host, endpoints& into) {
  auto looking = look_up(std::move(host), 80);
  into = co_await std::move(looking);
}

/// One lookup on a loop of its own.
struct asker {
  explicit asker(std::string host) {
    auto coroutine = keep_answer(std::move(host), found);
    auto finished = [this](std::exception_ptr thrown) {
      over = true;
      if (thrown) {
        try {
          std::rethrow_exception(thrown);
        } catch (boost::system::system_error const& said) {
          problem = said.code();
        }
      }
    };
    asio::co_spawn(context, std::move(coroutine),
                   asio::bind_cancellation_slot(stop.slot(), std::move(finished)));
  }

  endpoints found;
  std::optional<boost::system::error_code> problem;
  bool over = false;
  asio::cancellation_signal stop;
  asio::io_context context;
};

} // namespace

extern "C" int getaddrinfo(char const* host, char const*, addrinfo const*, addrinfo** into) {
  std::string const name{host};
  if (name == "hangs.test") {
    name_server_answers.acquire();
  }
  if (name != "known.test") {
    return name == "later.test" ? EAI_AGAIN : EAI_NONAME;
  }
  // As the C library does it, so that its freeaddrinfo can free it.
  auto* const memory = static_cast<char*>(std::calloc(1, sizeof(addrinfo) + sizeof(sockaddr_in)));
  auto* const made = reinterpret_cast<addrinfo*>(memory);
  auto* const address = reinterpret_cast<sockaddr_in*>(memory + sizeof(addrinfo));
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address->sin_port = htons(80);
  made->ai_family = AF_INET;
  made->ai_addrlen = sizeof(sockaddr_in);
  made->ai_addr = reinterpret_cast<sockaddr*>(address);
  *into = made;
  return 0;
}

TEST_CASE("a name has the addresses that the system knows") {
  asker one{"known.test"};
  one.context.run_for(10s);
  REQUIRE(one.over);
  CHECK_FALSE(one.problem);
  REQUIRE(one.found.size() == 1);
  CHECK(one.found[0].address().to_string() == "127.0.0.1");
  CHECK(one.found[0].port() == 80);
}

TEST_CASE("a name that nobody knows fails as a name") {
  auto const host = GENERATE("unknown.test", "later.test");
  asker one{host};
  one.context.run_for(10s);
  REQUIRE(one.problem);
  CHECK(classify(*one.problem) == error_kind::name);
}

TEST_CASE("a lookup that hangs is left behind, and another one does not wait for it") {
  {
    asker stuck{"hangs.test"};
    stuck.context.poll();
    CHECK_FALSE(stuck.over);
    asker other{"known.test"};
    other.context.run_for(10s);
    CHECK(other.found.size() == 1);

    stuck.stop.emit(asio::cancellation_type::terminal);
    stuck.context.run_for(10s);
    CHECK(stuck.over);
    REQUIRE(stuck.problem);
    CHECK(*stuck.problem == asio::error::operation_aborted);
  }
  name_server_answers.release(); // and finds that there is no loop to tell
}

TEST_CASE("a loop may be destroyed while a lookup is under way") {
  {
    asker stuck{"hangs.test"};
    stuck.context.poll();
  }
  name_server_answers.release();
}
