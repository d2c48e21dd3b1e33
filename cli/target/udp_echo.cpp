#include "target/udp_echo.hpp"

#include "target/tally.hpp"
#include "wire/datagram_port.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace conecta::target {

namespace {

constexpr std::size_t most_waiting = 65536;
constexpr std::size_t most_waiting_bytes = std::size_t{64} << 20;
constexpr int datagrams_at_once = 64;

class udp_echo final : public server,
                       private wire::event_loop::watcher,
                       private wire::event_loop::alarm {
 public:
  udp_echo(target_options options, wire::address const& at, fault::plan faults);
  ~udp_echo() override { udp_echo::stop(); }

  [[nodiscard]] wire::address address() const override { return port_.where(); }
  [[nodiscard]] server_counts counts() const override { return tally_.read(); }
  void stop() override;

 private:
  struct late_reply {
    wire::address to;
    std::string bytes;
  };

  void on_ready(std::uint32_t events) override;
  void on_alarm() override;
  void go_down() override;
  void come_up() override { port_.open(); }
  void drop_arrived();
  void drop_late() noexcept;
  void answer(std::string_view request, wire::address const& from);
  void send(std::string_view bytes, wire::address const& to);

  target_options const options_;
  tally tally_;
  std::array<char, 65536> scratch_;
  wire::datagram_port port_;
  std::uint64_t requests_ = 0;
  std::multimap<instant, late_reply> late_; ///< by when they are due
  std::size_t late_bytes_ = 0;
};

udp_echo::udp_echo(target_options options, wire::address const& at, fault::plan faults)
    : server{std::move(faults)}, options_{std::move(options)}, port_{at} {
  loop().watch_reads(port_.get(), *this);
  run("target-udp");
}

void udp_echo::stop() {
  halt();
  loop().disarm(*this);
  port_.close();
  drop_late();
}

void udp_echo::go_down() {
  port_.shut();
  drop_arrived();
  drop_late();
  loop().disarm(*this);
}

void udp_echo::drop_late() noexcept {
  tally::subtract(tally_.replies, late_.size());
  late_.clear();
  late_bytes_ = 0;
}

/// A server that ends takes what it has not read with it.
void udp_echo::drop_arrived() {
  while (::recv(port_.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT) >= 0 ||
         errno == ECONNREFUSED) {
  }
}

void udp_echo::on_ready(std::uint32_t) {
  for (int i = 0; i < datagrams_at_once; ++i) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    auto const size = ::recvfrom(port_.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0) {
      return; // drained, or an error of an earlier reply that the next round reads past
    }
    answer({scratch_.data(), static_cast<std::size_t>(size)},
           {reinterpret_cast<sockaddr const*>(&from), from_size});
  }
}

void udp_echo::answer(std::string_view request, wire::address const& from) {
  tally::add(tally_.requests);
  auto const bytes = options_.reply ? std::string_view{*options_.reply} : request;
  auto const delay = options_.reply_delay + faults().reply_delay(0, ++requests_);
  if (delay == duration::zero()) {
    tally::add(tally_.replies);
    send(bytes, from);
    return;
  }
  if (late_.size() >= most_waiting || late_bytes_ + bytes.size() > most_waiting_bytes) {
    return;
  }
  tally::add(tally_.replies);
  late_bytes_ += bytes.size();
  late_.emplace(loop().now() + delay, late_reply{from, std::string{bytes}});
  loop().arm(*this, late_.begin()->first);
}

void udp_echo::on_alarm() {
  while (!late_.empty() && late_.begin()->first <= loop().now()) {
    auto const& first = late_.begin()->second;
    send(first.bytes, first.to);
    late_bytes_ -= first.bytes.size();
    late_.erase(late_.begin());
  }
  if (!late_.empty()) {
    loop().arm(*this, late_.begin()->first);
  }
}

void udp_echo::send(std::string_view bytes, wire::address const& to) {
  // A datagram that the kernel does not take is lost, as datagrams are.
  if (::sendto(port_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.data(),
               to.size()) < 0) {
    tally::subtract(tally_.replies);
  }
}

} // namespace

std::unique_ptr<server> start_udp_echo(target_options const& options, wire::address const& at,
                                       fault::plan faults) {
  return std::make_unique<udp_echo>(options, at, std::move(faults));
}

} // namespace conecta::target
