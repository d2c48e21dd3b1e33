// What ends the process, in every build: going on would lend one resource twice. Each misuse runs
// in a child process of its own; no thread is started here.

#include "support/dialogue.hpp"

#include "core/deadline_heap.hpp"
#include "core/index_list.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>

namespace conecta::core {

using namespace test;
using namespace std::chrono_literals;

namespace {

/// What `misuse` says on standard error before it aborts; empty if it does not abort.
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

using Catch::Matchers::StartsWith;

/// Holds what is idle, and lends what it is told to.
class liar final : public idle_store {
 public:
  explicit liar(std::uint32_t answer) : answer_{answer} {}
  void insert(std::uint32_t) noexcept override {}
  void erase(std::uint32_t) noexcept override {}
  std::uint32_t next() noexcept override { return answer_; }

 private:
  std::uint32_t answer_;
};

} // namespace

TEST_CASE("a_store_that_names_a_slot_that_it_does_not_hold_is_named") {
  for (std::uint32_t const answer : {1U, 2U, 0xffff'ffffU}) { // lent, vacant, not there
    INFO(answer);
    CHECK_THAT(last_words_of([answer] {
                 pool_options options;
                 options.max_size = 3;
                 options.store = std::make_shared<liar>(answer);
                 core::machine machine{options, {}, 1, instant{}};
                 action_list out;
                 for (std::uint32_t index = 0; index < 2; ++index) {
                   machine.on(instant{}, reserve{}, out);
                   machine.on(instant{}, opened{s(index, 1)}, out);
                 }
                 machine.on(instant{}, acquire{}, out);
                 machine.on(instant{}, acquire{}, out);
               }),
               StartsWith("conecta: idle_store::next: a slot that is not in the store"));
  }
}

TEST_CASE("a_machine_with_options_out_of_range_is_not_built") {
  CHECK_THAT(last_words_of([] {
               pool_options options;
               options.max_overtaken = 0;
               core::machine const machine{options, {}, 1, instant{}};
             }),
             StartsWith("conecta: machine: options out of range"));
}

TEST_CASE("what_was_handed_over_is_nobody_elses_until_it_is_taken_back") {
  core::machine machine{pool_options{}, {}, 1, instant{}};
  action_list out;
  machine.on(instant{}, reserve{}, out);
  machine.on(instant{}, opened{s(0, 1)}, out);
  machine.on(instant{}, give_back{s(0, 2)}, out);
  std::vector<gate_report::slot> const nothing;
  CHECK_THAT(last_words_of([&] { machine.take_back(instant{}, {nothing, 0, 0, 0}); }),
             StartsWith("conecta: machine::take_back: nothing was handed over"));
  std::vector<slot_ref> idle;
  REQUIRE(machine.hand_over(instant{}, idle));
  CHECK_THAT(last_words_of([&] { machine.hand_over(instant{}, idle); }),
             StartsWith("conecta: machine::hand_over: something is pending"));
  CHECK_THAT(last_words_of([&] { machine.on(instant{}, suspend{}, out); }),
             StartsWith("conecta: machine: an event while its slots were handed over"));
}

TEST_CASE("a_list_holds_each_index_once") {
  CHECK_THAT(last_words_of([] {
               index_list list{2};
               list.push_back(1);
               list.push_front(1);
             }),
             StartsWith("conecta: index_list::insert: in the list already"));
  CHECK_THAT(last_words_of([] {
               index_list list{2};
               list.remove(1);
             }),
             StartsWith("conecta: index_list::remove: not in the list"));
}

TEST_CASE("a_heap_holds_each_index_once") {
  CHECK_THAT(last_words_of([] {
               deadline_heap heap{2};
               heap.add(1, instant{1ns});
               heap.add(1, instant{2ns});
             }),
             StartsWith("conecta: deadline_heap::add: in the heap already"));
}

TEST_CASE("nothing_is_said_where_nothing_is_misused") {
  CHECK(last_words_of([] {}).empty());
}

} // namespace conecta::core
