#include "net/session_error.hpp"

#include "net/message_category.hpp"

#include <array>

namespace conecta::net {

namespace {

constexpr std::array session_messages{"no error",
                                      "the server rejected the credentials, or wants some",
                                      "the server speaks another protocol",
                                      "the server is loading",
                                      "the server is starting",
                                      "the server is stopping",
                                      "the server has no such database",
                                      "the server has blocked this host",
                                      "the server is busy",
                                      "the server's primary is down",
                                      "the server's cluster is down",
                                      "the server is misconfigured",
                                      "the server has too many clients",
                                      "the server is not ready",
                                      "this build has no client library for the server"};
static_assert(session_messages.size() ==
              static_cast<std::size_t>(session_error::built_without) + 1);

message_category const of_session{"conecta.session", session_messages};

} // namespace

boost::system::error_code make_error_code(session_error which) noexcept {
  return {static_cast<int>(which), of_session};
}

bool is_of_session(boost::system::error_code const& code) noexcept {
  return code.category() == of_session;
}

} // namespace conecta::net
