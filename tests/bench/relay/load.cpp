// The two ends between which `make bench-relay` puts a relay, a process each. Plain blocking
// sockets, a thread a connection; what they do is told by the first byte that the client sends.
//
//   conecta_bench_relay server                            prints its port, serves until it is killed
//   conecta_bench_relay bulk PORT CONNECTIONS SECONDS     {"bytes_per_s": ...}
//   conecta_bench_relay ping PORT CONNECTIONS SECONDS     {"rate_per_s": ..., "p50_ns": ..., "p99_ns": ...}
//
// Bulk is what the server can send; a ping is 64 bytes there and back, the next one after that. A
// quarter of the time is for warming up and is not counted.

#include "wire/address.hpp"
#include "wire/descriptor.hpp"
#include "wire/listener.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace conecta;
using clock_type = std::chrono::steady_clock;

constexpr char bulk_mark = 'b';
constexpr char ping_mark = 'p';
constexpr std::size_t ping_size = 64;
constexpr std::size_t bulk_size = std::size_t{128} << 10;

[[noreturn]] void fail(char const* what) {
  throw std::system_error{errno, std::system_category(), what};
}

bool send_all(int socket, char const* bytes, std::size_t count) {
  while (count > 0) {
    auto const size = ::send(socket, bytes, count, MSG_NOSIGNAL);
    if (size <= 0) {
      return false;
    }
    bytes += size;
    count -= static_cast<std::size_t>(size);
  }
  return true;
}

bool receive_all(int socket, char* bytes, std::size_t count) {
  return ::recv(socket, bytes, count, MSG_WAITALL) == static_cast<ssize_t>(count);
}

// -- the server

void serve(wire::descriptor client) {
  std::vector<char> bytes(bulk_size, 'x');
  char mark = 0;
  if (!receive_all(client.get(), &mark, 1)) {
    return;
  }
  if (mark == bulk_mark) {
    while (send_all(client.get(), bytes.data(), bytes.size())) {
    }
  } else {
    while (receive_all(client.get(), bytes.data(), ping_size) &&
           send_all(client.get(), bytes.data(), ping_size)) {
    }
  }
}

int run_server() {
  auto const where = wire::address::loopback();
  wire::descriptor const listening{::socket(where.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!listening || ::bind(listening.get(), where.data(), where.size()) != 0 ||
      ::listen(listening.get(), SOMAXCONN) != 0) {
    fail("listen");
  }
  std::printf("%u\n", static_cast<unsigned>(wire::local_address(listening.get()).port()));
  std::fflush(stdout);
  for (;;) {
    wire::descriptor client{::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (client) {
      wire::disable_nagle(client.get());
      std::thread{serve, std::move(client)}.detach();
    }
  }
}

// -- the client

struct task {
  char mark;
  clock_type::time_point counted_from;
  clock_type::time_point end;
};

struct counted {
  std::uint64_t bytes = 0;
  std::vector<std::uint32_t> times; ///< of pings, in ns
};

wire::descriptor connect(wire::address const& to, char mark) {
  wire::descriptor made{::socket(to.domain(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!made || ::connect(made.get(), to.data(), to.size()) != 0) {
    fail("connect");
  }
  wire::disable_nagle(made.get());
  if (!send_all(made.get(), &mark, 1)) {
    fail("send");
  }
  return made;
}

void receive_bulk(int socket, task const& what, counted& into) {
  std::vector<char> bytes(bulk_size);
  for (;;) {
    auto const size = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
      fail("receive");
    }
    auto const now = clock_type::now();
    if (now >= what.end) {
      return;
    }
    if (now >= what.counted_from) {
      into.bytes += static_cast<std::uint64_t>(size);
    }
  }
}

void ping(int socket, task const& what, counted& into) {
  std::array<char, ping_size> bytes{};
  for (auto asked = clock_type::now(); asked < what.end;) {
    if (!send_all(socket, bytes.data(), bytes.size()) ||
        !receive_all(socket, bytes.data(), bytes.size())) {
      fail("ping");
    }
    auto const answered = clock_type::now();
    if (asked >= what.counted_from) {
      into.times.push_back(static_cast<std::uint32_t>((answered - asked).count()));
    }
    asked = answered;
  }
}

std::uint32_t quantile(std::vector<std::uint32_t>& all, double fraction) {
  auto const place = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(all.size() - 1));
  std::nth_element(all.begin(), all.begin() + place, all.end());
  return all[static_cast<std::size_t>(place)];
}

int print(task const& what, std::vector<counted> const& all) {
  std::chrono::duration<double> const seconds = what.end - what.counted_from;
  std::uint64_t bytes = 0;
  std::vector<std::uint32_t> times;
  for (auto const& each : all) {
    bytes += each.bytes;
    times.insert(times.end(), each.times.begin(), each.times.end());
  }
  if (bytes == 0 && times.empty()) {
    std::fprintf(stderr, "nothing came through in time\n");
    return 1;
  }
  if (what.mark == bulk_mark) {
    std::printf("{\"bytes_per_s\": %.0f}\n", static_cast<double>(bytes) / seconds.count());
  } else {
    std::printf("{\"rate_per_s\": %.0f, \"p50_ns\": %u, \"p99_ns\": %u}\n",
                static_cast<double>(times.size()) / seconds.count(), quantile(times, 0.5),
                quantile(times, 0.99));
  }
  return 0;
}

int run_client(char mark, std::string const& port, std::size_t connections, double seconds) {
  auto const to = wire::address::loopback(wire::family::ipv4,
                                          static_cast<std::uint16_t>(std::stoul(port)));
  std::vector<wire::descriptor> sockets;
  for (std::size_t i = 0; i < connections; ++i) {
    sockets.push_back(connect(to, mark));
  }
  auto const start = clock_type::now();
  auto const all =
      std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>{seconds});
  task const what{.mark = mark, .counted_from = start + all / 4, .end = start + all};
  std::vector<counted> results(connections);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i) {
    threads.emplace_back([&what, socket = sockets[i].get(), &into = results[i]] {
      (what.mark == bulk_mark ? receive_bulk : ping)(socket, what, into);
    });
  }
  for (auto& each : threads) {
    each.join();
  }
  return print(what, results);
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> const arguments{argv + 1, argv + argc};
  if (arguments == std::vector<std::string>{"server"}) {
    return run_server();
  }
  if (arguments.size() == 4 && (arguments[0] == "bulk" || arguments[0] == "ping")) {
    return run_client(arguments[0] == "bulk" ? bulk_mark : ping_mark, arguments[1],
                      std::stoul(arguments[2]), std::stod(arguments[3]));
  }
  std::fprintf(stderr, "usage: server | bulk PORT CONNECTIONS SECONDS | ping ...\n");
  return 64;
}
