#include "run/descriptor_limit.hpp"
#include "wire/descriptor.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace conecta;
using run::descriptor_limit;

namespace {

/// How many can be had until there are no more.
std::size_t room() {
  std::vector<wire::descriptor> had;
  while (true) {
    wire::descriptor one{::dup(STDIN_FILENO)};
    if (!one) {
      REQUIRE(errno == EMFILE);
      return had.size();
    }
    had.push_back(std::move(one));
  }
}

rlim_t soft_limit() {
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  return now.rlim_cur;
}

} // namespace

TEST_CASE("exactly as many descriptors as asked for are left, and then all again") {
  auto const before = soft_limit();
  // A gap below: the kernel gives the lowest number that is free.
  wire::descriptor low{::dup(STDIN_FILENO)};
  wire::descriptor const high{::dup(STDIN_FILENO)};
  low.close();
  for (std::size_t const more : {0U, 1U, 7U}) {
    descriptor_limit limit;
    limit.lower(&limit, more);
    CHECK(room() == more);
    limit.restore(&limit);
    CHECK(soft_limit() == before);
  }
}

TEST_CASE("what is closed under a limit can be had again") {
  wire::descriptor one{::dup(STDIN_FILENO)};
  descriptor_limit limit;
  limit.lower(&limit, 2);
  one.close();
  CHECK(room() == 3);
}

TEST_CASE("of several limits the lowest counts, and the last leaves none") {
  auto const before = soft_limit();
  descriptor_limit limit;
  int const first = 1;
  int const second = 2;
  limit.lower(&first, 5);
  limit.lower(&second, 2);
  CHECK(room() == 2);
  limit.restore(&second);
  CHECK(room() == 5);
  limit.lower(&second, 9);
  CHECK(room() == 5);
  limit.restore(&first);
  CHECK(room() == 9);
  limit.restore(&second);
  CHECK(soft_limit() == before);
}

TEST_CASE("a limit goes with the object") {
  auto const before = soft_limit();
  {
    descriptor_limit limit;
    limit.lower(&limit, 3);
    CHECK(soft_limit() < before);
  }
  CHECK(soft_limit() == before);
}

TEST_CASE("a limit can be set where another has left no descriptor") {
  descriptor_limit limit;
  int const first = 1;
  int const second = 2;
  limit.lower(&first, 0);
  REQUIRE(room() == 0);
  limit.lower(&second, 3);
  CHECK(room() == 0);
  limit.restore(&first);
  CHECK(room() == 3);
}
