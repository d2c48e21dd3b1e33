// The text form of events and actions, and what is no event.

#include "core/message_text.hpp"

#include <catch2/catch.hpp>

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
      {give_back{slot}, "give_back s3.7"},
      {detach{slot}, "detach s3.7"},
      {reserve{}, "reserve"},
      {opened{slot}, "opened s3.7"},
      {open_failed{slot}, "open_failed s3.7"},
      {checked{slot, health::good}, "checked s3.7 good"},
      {checked{slot, health::bad}, "checked s3.7 bad"},
      {reset_done{slot, health::bad}, "reset_done s3.7 bad"},
      {closed{slot}, "closed s3.7"},
      {tick{}, "tick"},
      {drain{}, "drain"},
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
  CHECK(to_text(action{reject{ticket{0, 1}, reject_reason::queue_full}}) ==
        "reject t0.1 queue_full");
  CHECK(to_text(action{drained{}}) == "drained");
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
                                 "tock"}) {
    INFO(line);
    CHECK_FALSE(event_from_text(line));
  }
}

} // namespace conecta::core
