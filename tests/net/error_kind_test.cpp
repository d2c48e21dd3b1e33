#include "net/error_kind.hpp"

#include <conecta/error.hpp>

#include <boost/asio/error.hpp>

#include <catch2/catch.hpp>

#include <cerrno>

using namespace conecta::net;

TEST_CASE("every code has the kind that a report counts it by") {
  auto const system = [](int value) { return classify({value, boost::system::system_category()}); };
  CHECK(system(ECONNREFUSED) == error_kind::refused);
  CHECK(system(ECONNRESET) == error_kind::reset);
  CHECK(system(EPIPE) == error_kind::closed);
  CHECK(system(ETIMEDOUT) == error_kind::timeout);
  CHECK(system(EHOSTUNREACH) == error_kind::unreachable);
  CHECK(system(EMFILE) == error_kind::fd_limit);
  CHECK(system(EADDRNOTAVAIL) == error_kind::no_port);
  CHECK(system(EINVAL) == error_kind::other);
  CHECK(classify(boost::asio::error::eof) == error_kind::closed);
  CHECK(classify(boost::asio::error::host_not_found) == error_kind::name);
  CHECK(classify(boost::asio::error::operation_aborted) == error_kind::cancelled);
  CHECK(classify(conecta::errc::queue_full) == error_kind::queue_full);
  CHECK(classify(conecta::errc::timed_out) == error_kind::timeout);
}

TEST_CASE("a kind is called what the result calls it") {
  CHECK(name_of(error_kind::refused) == "refused");
  CHECK(name_of(error_kind::fd_limit) == "fd_limit");
  CHECK(name_of(error_kind::other) == "other");
}
