#include "report/safe_text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace conecta::report;
using namespace std::string_literals;

TEST_CASE("printable_text_stays_as_it_is") {
  for (auto const* text : {"", "+PONG", "caf\xc3\xa9", "\xe6\xbc\xa2\xe5\xad\x97", "a\\b"}) {
    CHECK(safe_text(text) == text);
  }
}

TEST_CASE("control_characters_become_visible") {
  CHECK(safe_text("a\r\n\tb") == "a\\r\\n\\tb");
  CHECK(safe_text("\x1b[31mred\x1b]0;title\x07") == "\\x1b[31mred\\x1b]0;title\\x07");
  CHECK(safe_text("nul\0here"s) == "nul\\x00here");
  CHECK(safe_text("\x7f") == "\\x7f");
  CHECK(safe_text("\xc2\x9b") == "\\u{9b}"); // the one-character form of ESC [
}

TEST_CASE("characters_that_reorder_or_hide_text_become_visible") {
  CHECK(safe_text("a\xe2\x80\xae"
                  "b") == "a\\u{202e}b");
  CHECK(safe_text("a\xe2\x81\xa6"
                  "b") == "a\\u{2066}b");
  CHECK(safe_text("a\xe2\x80\x8b"
                  "b") == "a\\u{200b}b");
  CHECK(safe_text("\xef\xbb\xbf") == "\\u{feff}");
  CHECK(safe_text("\xf3\xa0\x81\x81") == "\\u{e0041}");
}

TEST_CASE("bytes_that_are_not_utf8_become_visible") {
  CHECK(safe_text("\xff\xfe") == "\\xff\\xfe");
  CHECK(safe_text("\xc3") == "\\xc3");                            // cut off
  CHECK(safe_text("\xc0\xaf") == "\\xc0\\xaf");                   // longer than it need be
  CHECK(safe_text("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // a surrogate
  CHECK(safe_text("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80"); // above U+10FFFF
}

TEST_CASE("safe_text_is_safe_for_every_pair_of_bytes") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      std::string const raw = {static_cast<char>(first), static_cast<char>(second)};
      auto const safe = safe_text(raw);
      CHECK(safe_text(safe) == safe);
    }
  }
}

TEST_CASE("columns_are_counted_as_a_terminal_does") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("caf\xc3\xa9") == 4);
  CHECK(columns_of("cafe\xcc\x81") == 4);
  CHECK(columns_of("\xe6\xbc\xa2\xe5\xad\x97") == 4);
}

TEST_CASE("text_is_fitted_between_characters") {
  CHECK(fitted("abcdef", 6) == "abcdef");
  CHECK(fitted("abcdef", 5) == "ab...");
  CHECK(fitted("abcdef", 2) == "..");
  CHECK(fitted("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5) == "\xe6\xbc\xa2...");
  CHECK(fitted("abcdef", 0).empty());
}
