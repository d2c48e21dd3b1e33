#include "run/source_ports.hpp"

#include "wire/address.hpp"
#include "wire/descriptor.hpp"

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace conecta::run {

namespace {

constexpr std::size_t first_port = 1024;
constexpr std::size_t last_port = 65535;

struct range {
  std::size_t low = 32768;
  std::size_t high = 60999;
};

range given_by_kernel() {
  range found;
  std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> found.low >> found.high;
  return found;
}

bool is_free(std::uint16_t port, net::transport kind) {
  auto const type = kind == net::transport::tcp ? SOCK_STREAM : SOCK_DGRAM;
  wire::descriptor const probe{::socket(AF_INET, type | SOCK_CLOEXEC, 0)};
  if (!probe) { // says nothing of any port
    throw std::system_error{errno, std::system_category(), "a socket to find free ports with"};
  }
  auto const any = *wire::address::numeric("0.0.0.0", port);
  return ::bind(probe.get(), any.data(), any.size()) == 0;
}

} // namespace

std::vector<std::uint16_t> free_ports(std::size_t count, net::transport kind) {
  auto const avoided = given_by_kernel();
  std::vector<std::uint16_t> outside;
  std::vector<std::uint16_t> inside;
  for (auto port = first_port; port <= last_port; ++port) {
    auto const is_inside = port >= avoided.low && port <= avoided.high;
    (is_inside ? inside : outside).push_back(static_cast<std::uint16_t>(port));
  }
  std::vector<std::uint16_t> found;
  for (auto const* const candidates : {&outside, &inside}) {
    // Two runs at a time shall not meet.
    auto const begin = static_cast<std::size_t>(::getpid()) * 1009;
    for (std::size_t i = 0; i < candidates->size() && found.size() < count; ++i) {
      auto const port = (*candidates)[(begin + i) % candidates->size()];
      if (is_free(port, kind)) {
        found.push_back(port);
      }
    }
  }
  if (found.size() < count) {
    throw std::runtime_error{"there are no " + std::to_string(count) + " free ports"};
  }
  return found;
}

} // namespace conecta::run
