// The text form of events and actions, and what is no event.

#include "core/message_text.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace conecta::core {

using namespace std::chrono_literals;

TEST_CASE("an_event_is_one_line_that_reads_back") {
  slot_ref const slot{3, 7};
  std::vector<std::pair<event, std::string>> const lines{
      {acquire{instant{5ms}}, "acquire deadline=5000000"},
      {acquire{never}, "acquire deadline=never"},
      {acquire{instant{-1ns}}, "acquire deadline=-1"},
      {cancel{ticket{0, 2}}, "cancel t0.2"},
      {retry{ticket{0, 2}}, "retry t0.2"},
      {spurn{slot, never}, "spurn s3.7 deadline=never"},
      {spurn{slot, instant{5ms}}, "spurn s3.7 deadline=5000000"},
      {spurn{slot, instant::min()}, "spurn s3.7 deadline=-9223372036854775808"},
      {give_back{slot}, "give_back s3.7"},
      {detach{slot}, "detach s3.7"},
      {reserve{}, "reserve"},
      {opened{slot}, "opened s3.7"},
      {open_failed{slot}, "open_failed s3.7"},
      {checked{slot, health::good}, "checked s3.7 good"},
      {checked{slot, health::bad}, "checked s3.7 bad"},
      {reset_done{slot, health::bad}, "reset_done s3.7 bad"},
      {reset_done{slot, health::unknown}, "reset_done s3.7 unknown"},
      {closed{slot}, "closed s3.7"},
      {tick{}, "tick"},
      {drain{}, "drain"},
      {resize{64}, "resize max_size=64"},
      {resize{0}, "resize max_size=0"}, // refused by a machine, but said
      {invalidate{}, "invalidate"},
      {evict_idle{}, "evict_idle"},
      {suspend{}, "suspend"},
      {resume{}, "resume"},
  };
  for (auto const& [what, line] : lines) {
    CHECK(to_text(what) == line);
    CHECK(event_from_text(line) == what);
  }
  for (std::size_t i = 0; i < close_reason_count; ++i) {
    event const what{discard{slot, static_cast<close_reason>(i)}};
    CHECK(event_from_text(to_text(what)) == what);
  }
}

TEST_CASE("an_action_is_one_line") {
  slot_ref const slot{3, 7};
  CHECK(to_text(action{open{slot, instant{5ns}}}) == "open s3.7 deadline=5");
  CHECK(to_text(action{check{slot, 2, never}}) == "check s3.7 failures=2 deadline=never");
  CHECK(to_text(action{reset{slot, instant{1ns}}}) == "reset s3.7 deadline=1");
  CHECK(to_text(action{close{slot, close_reason::idle, instant{1ns}}}) ==
        "close s3.7 idle deadline=1");
  CHECK(to_text(action{interrupt{slot}}) == "interrupt s3.7");
  CHECK(to_text(action{grant{ticket{0, 1}, slot}}) == "grant t0.1 s3.7");
  CHECK(to_text(action{wake{ticket{0, 1}}}) == "wake t0.1");
  CHECK(to_text(action{overdue{slot}}) == "overdue s3.7");
  CHECK(to_text(action{reclaimed{slot}}) == "reclaimed s3.7");
  CHECK(to_text(action{came_back{slot}}) == "came_back s3.7");
  CHECK(to_text(action{drained{}}) == "drained");
}

TEST_CASE("an_event_has_its_own_number_of_words_each_of_its_own_kind") {
  for (std::string const name :
       {"tick", "drain", "reserve", "invalidate", "evict_idle", "suspend", "resume"}) {
    CHECK(event_from_text(name));
    CHECK_FALSE(event_from_text(name + " s3.7"));
  }
  for (std::string const name : {"give_back", "detach", "opened", "open_failed", "closed"}) {
    CHECK(event_from_text(name + " s3.7"));
    for (auto const* const rest : {"", " ", "  ", " t3.7", " s3.7 s3.7", " s3", " s.1", " s1."}) {
      CHECK_FALSE(event_from_text(name + rest));
    }
  }
  for (std::string const name : {"cancel", "retry"}) {
    CHECK(event_from_text(name + " t3.7"));
    for (auto const* const rest : {"", " ", "  ", " s3.7", " t3.7 t3.7", " t3", " t.1", " t1."}) {
      CHECK_FALSE(event_from_text(name + rest));
    }
  }
  for (auto const& [name, detail] :
       std::vector<std::pair<std::string, std::string>>{{"spurn", " deadline=7"},
                                                        {"discard", " idle"},
                                                        {"checked", " good"},
                                                        {"reset_done", " bad"}}) {
    CHECK(event_from_text(name + " s3.7" + detail));
    for (auto const* const slot : {"", " t3.7", " s3", "  s3.7"}) {
      CHECK_FALSE(event_from_text(name + slot + detail));
    }
    for (auto const* const other : {"", " ", "  ", " x", " good bad", " deadline=x"}) {
      CHECK_FALSE(event_from_text(name + " s3.7" + other));
    }
  }
}

TEST_CASE("every_reason_to_refuse_a_caller_has_its_word") {
  constexpr std::array words{"closed",     "exhausted",   "timed_out", "cancelled",
                             "queue_full", "open_failed", "suspended"};
  static_assert(words.size() == reject_reason_count);
  for (std::size_t i = 0; i < reject_reason_count; ++i) {
    action const what{reject{ticket{0, 1}, static_cast<reject_reason>(i)}};
    CHECK(to_text(what) == std::string{"reject t0.1 "} + words[i]);
  }
}

TEST_CASE("what_differs_is_not_equal") {
  std::vector<event> const all{acquire{never},
                               acquire{instant{}},
                               cancel{{0, 1}},
                               cancel{{1, 1}},
                               retry{{0, 1}},
                               retry{{0, 2}},
                               spurn{{0, 1}, never},
                               spurn{{0, 1}, instant{}},
                               spurn{{1, 1}, never},
                               give_back{{0, 1}},
                               give_back{{0, 2}},
                               discard{{0, 1}, close_reason::broken},
                               discard{{0, 1}, close_reason::discarded},
                               detach{{0, 1}},
                               detach{{1, 1}},
                               reserve{},
                               opened{{0, 1}},
                               opened{{1, 1}},
                               open_failed{{0, 1}},
                               open_failed{{1, 1}},
                               checked{{0, 1}, health::good},
                               checked{{0, 1}, health::bad},
                               checked{{1, 1}, health::good},
                               reset_done{{0, 1}, health::good},
                               reset_done{{0, 1}, health::bad},
                               closed{{0, 1}},
                               closed{{1, 1}},
                               tick{},
                               drain{},
                               resize{1},
                               resize{2},
                               invalidate{},
                               evict_idle{},
                               suspend{},
                               resume{}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      INFO(to_text(all[i]) << " and " << to_text(all[j]));
      CHECK((all[i] == all[j]) == (i == j));
      CHECK((to_text(all[i]) == to_text(all[j])) == (i == j));
    }
  }
}

TEST_CASE("actions_that_differ_are_not_equal") {
  slot_ref const here{0, 1};
  slot_ref const there{1, 1};
  instant const soon{1ns};
  std::vector<action> const all{open{here, soon},
                                open{here, never},
                                open{there, soon},
                                check{here, 0, soon},
                                check{here, 0, never},
                                check{here, 1, soon},
                                check{there, 0, soon},
                                reset{here, soon},
                                reset{here, never},
                                reset{there, soon},
                                close{here, close_reason::idle, soon},
                                close{here, close_reason::idle, never},
                                close{here, close_reason::uses, soon},
                                close{there, close_reason::idle, soon},
                                interrupt{here},
                                interrupt{there},
                                grant{{0, 1}, here},
                                grant{{0, 1}, there},
                                grant{{0, 2}, here},
                                wake{{0, 1}},
                                wake{{0, 2}},
                                reject{{0, 1}, reject_reason::closed},
                                reject{{0, 1}, reject_reason::exhausted},
                                reject{{0, 2}, reject_reason::closed},
                                overdue{here},
                                overdue{there},
                                reclaimed{here},
                                reclaimed{there},
                                came_back{here},
                                came_back{there},
                                drained{}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      INFO(to_text(all[i]) << " and " << to_text(all[j]));
      CHECK((all[i] == all[j]) == (i == j));
      CHECK((to_text(all[i]) == to_text(all[j])) == (i == j));
    }
  }
}

TEST_CASE("what_is_no_event_is_not_read") {
  for (auto const* const line : {"",
                                 "acquire",
                                 "acquire 5",
                                 "acquire deadline=",
                                 "acquire deadline=5x",
                                 "acquire deadline=99999999999999999999",
                                 "cancel s3.7",
                                 "grant t0.1",
                                 "opened t3.7",
                                 "opened s3",
                                 "opened s3.",
                                 "opened s.7",
                                 "opened s3.7x",
                                 "opened s4294967296.1",
                                 "opened ",
                                 "discard s3.7 bored",
                                 "discard t3.7 broken",
                                 "checked s3.7 fine",
                                 "closed s3.7 good",
                                 "checked s3.7 good now",
                                 "retry",
                                 "retry s3.7",
                                 "retry t3",
                                 "retry t0.2 now",
                                 "spurn s3.7",
                                 "spurn s3.7 7",
                                 "spurn t3.7 deadline=7",
                                 "spurn s3.7 deadline=7 twice",
                                 "resize",
                                 "resize 5",
                                 "resize max_size=",
                                 "resize max_size=-1",
                                 "resize max_size=5x",
                                 "resize max_size=5 6",
                                 "invalidate all",
                                 "evict_idle s3.7",
                                 "suspend now",
                                 "resume now",
                                 "wake t0.1",
                                 "tick ",
                                 "opened s3.7 ",
                                 "opened s03.7",
                                 "acquire deadline=007",
                                 "acquire deadline=9223372036854775807", // which is `never`
                                 "tick tock",
                                 "tock"}) {
    INFO(line);
    CHECK_FALSE(event_from_text(line));
  }
}

} // namespace conecta::core
