#include "support/plain_socket.hpp"
#include "wire/listener.hpp"
#include "wire/loop_thread.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <string>
#include <vector>

using namespace conecta;
using namespace std::chrono_literals;
using support::now;
using wire::event_loop;
using calling_alarm = event_loop::calling_alarm;

TEST_CASE("alarms go off in the order of their times, and not before them") {
  event_loop loop;
  std::string order;
  auto const start = now();
  calling_alarm last{[&] {
    order += 'c';
    CHECK(now() >= start + 6ms);
    loop.stop();
  }};
  calling_alarm first{[&] {
    order += 'a';
    CHECK(now() >= start + 2ms);
  }};
  calling_alarm middle{[&] { order += 'b'; }};
  loop.arm(last, start + 6ms);
  loop.arm(first, start + 2ms);
  loop.arm(middle, start + 4ms);
  loop.run();
  CHECK(order == "abc");
  CHECK(first.due() == never);
}

TEST_CASE("an alarm that is armed again moves, and one that is disarmed is silent") {
  event_loop loop;
  auto const start = now();
  int rang = 0;
  calling_alarm moved{[&] { ++rang; }};
  calling_alarm silent{[&] { ++rang; }};
  calling_alarm end{[&] { loop.stop(); }};
  loop.arm(moved, start + 1ms);
  loop.arm(moved, start + 3ms);
  loop.arm(silent, start + 2ms);
  loop.disarm(silent);
  loop.arm(end, start + 5ms);
  loop.run();
  CHECK(rang == 1);
}

TEST_CASE("an alarm may arm itself again") {
  event_loop loop;
  int rang = 0;
  calling_alarm every{[&] {
    if (++rang == 5) {
      loop.stop();
    } else {
      loop.arm(every, loop.now() + 100us);
    }
  }};
  loop.arm(every, now());
  loop.run();
  CHECK(rang == 5);
}

TEST_CASE("tasks from another thread run in their order, those before the stop all") {
  wire::loop_thread thread;
  thread.start("test-loop");
  std::vector<int> ran;
  for (int i = 0; i < 100; ++i) {
    thread.loop().post([&ran, i] { ran.push_back(i); });
  }
  thread.stop();
  REQUIRE(ran.size() == 100);
  CHECK(std::is_sorted(ran.begin(), ran.end()));
}

TEST_CASE("an alarm is late by less than a millisecond in the middle") {
  event_loop loop;
  std::vector<duration> late;
  auto due = now() + 1ms;
  calling_alarm every{[&] {
    late.push_back(now() - due);
    if (late.size() == 51) {
      loop.stop();
    } else {
      due = now() + 1ms;
      loop.arm(every, due);
    }
  }};
  loop.arm(every, due);
  loop.run();
  std::sort(late.begin(), late.end());
  CHECK(late.front() >= 0ns);
  CHECK(late[25] < 1ms);
}

TEST_CASE("a listener keeps its port while it is closed, as often as it is asked to") {
  wire::loop_thread thread;
  int taken = 0;
  wire::listener listener{thread.loop(), wire::address::loopback(), [&](wire::descriptor) { ++taken; }};
  auto const where = listener.where();
  for (int i = 0; i < 3; ++i) {
    listener.close();
    CHECK(support::plain_socket::connect_tcp(where).error() == ECONNREFUSED);
    listener.open();
    CHECK(support::plain_socket::connect_tcp(where).error() == 0); // the kernel's backlog
  }
  thread.start("test-loop");
  auto const last = support::plain_socket::connect_tcp(where);
  thread.stop();
  CHECK(taken == 2); // those that waited when it was closed were reset
}
