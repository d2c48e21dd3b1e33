#include "net/channel.hpp"

#include "base/module.hpp"
#include "net/message_category.hpp"

#include <array>

namespace conecta::net {

namespace {

constexpr std::array tls_messages{"no error",
                                  "conecta was built without TLS",
                                  "the file of authorities cannot be used",
                                  "the certificate of this client cannot be used",
                                  "what answers there is no TLS",
                                  "the certificate is another name's",
                                  "the certificate has expired",
                                  "the certificate is not valid yet",
                                  "the certificate is of an unknown authority",
                                  "the certificate is not trusted",
                                  "the server wants a certificate of this client",
                                  "the server refused the handshake",
                                  "the peer closed during the handshake",
                                  "the handshake failed"};
static_assert(tls_messages.size() == static_cast<std::size_t>(tls_problem::other) + 1);

message_category const of_tls{"conecta.tls", tls_messages};

} // namespace

boost::system::error_code make_error_code(tls_problem which) noexcept {
  return {static_cast<int>(which), of_tls};
}

bool is_of_tls(boost::system::error_code const& code) noexcept { return code.category() == of_tls; }

std::unique_ptr<channel> open_tls(int socket, tls_options const& options, tls_problem& problem) {
  static auto const found = find_in_module("tls", open_tls_entry);
  if (std::holds_alternative<no_module>(found)) {
    problem = tls_problem::built_without;
    return nullptr;
  }
  auto* const open = reinterpret_cast<open_tls_function*>(std::get<void*>(found));
  return std::unique_ptr<channel>{open(socket, options, problem)};
}

} // namespace conecta::net
