#include "cli/redis_server.hpp"

#include <stdexcept>

namespace conecta::cli_test {

namespace {

std::uint64_t figure(std::string const& info, std::string const& name) {
  auto const at = info.find("\n" + name + ":");
  if (at == std::string::npos) {
    throw std::runtime_error{"redis does not say its " + name + ": " + info};
  }
  return std::stoull(info.substr(at + name.size() + 2));
}

} // namespace

redis_server::redis_server() {
  auto reserved = support::plain_socket::listen_tcp();
  address_ = reserved.address();
  reserved.close();
  std::vector<std::string> const command{"redis-server",
                                         "--port",
                                         std::to_string(address_.port()),
                                         "--bind",
                                         "127.0.0.1",
                                         "--save",
                                         "",
                                         "--appendonly",
                                         "no",
                                         "--tcp-keepalive",
                                         "0"};
  server_ = std::make_unique<support::process>(command);
  auto const up = support::eventually([this] {
    observer_ = support::plain_socket::connect_tcp(address_);
    return observer_.error() == 0;
  });
  if (!up) {
    throw std::runtime_error{"redis-server does not come up"};
  }
}

redis_counts redis_server::counts() {
  observer_.send("INFO stats\r\n");
  std::string reply; // "$LENGTH\r\nTEXT\r\n"
  while (reply.find('\n') == std::string::npos) {
    reply += observer_.receive(1).bytes;
  }
  reply += observer_.receive(std::stoull(reply.substr(1)) + 2).bytes;
  return {figure(reply, "total_connections_received"), figure(reply, "total_commands_processed")};
}

} // namespace conecta::cli_test
