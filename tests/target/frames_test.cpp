#include "target/frames.hpp"

#include <catch2/catch.hpp>

using conecta::target::byte_frames;
using conecta::target::find_frames;
using conecta::target::line_frames;
using conecta::target::whole_frames;

TEST_CASE("a request ends with a line feed, and what follows the last one waits") {
  CHECK(find_frames(line_frames{}, "", 0) == whole_frames{0, 0});
  CHECK(find_frames(line_frames{}, "PING\r\n", 0) == whole_frames{1, 6});
  CHECK(find_frames(line_frames{}, "a\nb\nc", 0) == whole_frames{2, 4});
  CHECK(find_frames(line_frames{}, "\n\n", 0) == whole_frames{2, 2});
}

TEST_CASE("bytes that were searched are not searched again") {
  CHECK(find_frames(line_frames{}, "abc\n", 3) == whole_frames{1, 4});
}

TEST_CASE("a request of a number of bytes ends where they are there") {
  CHECK(find_frames(byte_frames{4}, "abc", 0) == whole_frames{0, 0});
  CHECK(find_frames(byte_frames{4}, "abcdefghi", 0) == whole_frames{2, 8});
}

TEST_CASE("no more requests are found than are wanted") {
  CHECK(find_frames(line_frames{}, "a\nb\nc\n", 0, 2) == whole_frames{2, 4});
  CHECK(find_frames(byte_frames{1}, "abc", 0, 2) == whole_frames{2, 2});
  CHECK(find_frames(line_frames{}, "a\n", 0, 0) == whole_frames{0, 0});
}
