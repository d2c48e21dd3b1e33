#include "target/udp_echo.hpp"

#include "target/tally.hpp"
#include "wire/loop_thread.hpp"

#include <array>
#include <cerrno>
#include <deque>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>

namespace conecta::target {

namespace {

constexpr std::size_t most_waiting = 65536;
constexpr std::size_t most_waiting_bytes = std::size_t{64} << 20;
constexpr int datagrams_at_once = 64;

class udp_echo final : public server,
                       private wire::event_loop::watcher,
                       private wire::event_loop::alarm {
 public:
  udp_echo(target_options options, wire::address const& at);
  ~udp_echo() override { udp_echo::stop(); }

  [[nodiscard]] wire::address address() const override { return where_; }
  [[nodiscard]] server_counts counts() const override { return tally_.read(); }
  void stop() override;

 private:
  struct late_reply {
    instant due;
    wire::address to;
    std::string bytes;
  };

  void on_ready(std::uint32_t events) override;
  void on_alarm() override;
  void answer(std::string_view request, wire::address const& from);
  void send(std::string_view bytes, wire::address const& to);

  target_options const options_;
  tally tally_;
  std::array<char, 65536> scratch_;
  wire::loop_thread thread_;
  wire::descriptor socket_;
  wire::address where_;
  std::deque<late_reply> late_; ///< the delay is the same for all, so it is in order
  std::size_t late_bytes_ = 0;
};

udp_echo::udp_echo(target_options options, wire::address const& at) : options_{std::move(options)} {
  socket_ = wire::descriptor{::socket(at.domain(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket_ || ::bind(socket_.get(), at.data(), at.size()) != 0) {
    throw std::system_error{errno, std::system_category(), "cannot bind to " + at.text()};
  }
  int const room = 4 << 20; // the kernel grants what it may
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  where_ = wire::local_address(socket_.get());
  thread_.loop().watch_reads(socket_.get(), *this);
  thread_.start("target-udp");
}

void udp_echo::stop() {
  thread_.stop();
  thread_.loop().disarm(*this);
  socket_.close();
  late_.clear();
}

void udp_echo::on_ready(std::uint32_t) {
  for (int i = 0; i < datagrams_at_once; ++i) {
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    auto const size = ::recvfrom(socket_.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT,
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
  if (options_.reply_delay == duration::zero()) {
    tally::add(tally_.replies);
    send(bytes, from);
    return;
  }
  if (late_.size() >= most_waiting || late_bytes_ + bytes.size() > most_waiting_bytes) {
    return;
  }
  tally::add(tally_.replies);
  late_bytes_ += bytes.size();
  late_.push_back({thread_.loop().now() + options_.reply_delay, from, std::string{bytes}});
  thread_.loop().arm(*this, late_.front().due);
}

void udp_echo::on_alarm() {
  while (!late_.empty() && late_.front().due <= thread_.loop().now()) {
    send(late_.front().bytes, late_.front().to);
    late_bytes_ -= late_.front().bytes.size();
    late_.pop_front();
  }
  if (!late_.empty()) {
    thread_.loop().arm(*this, late_.front().due);
  }
}

void udp_echo::send(std::string_view bytes, wire::address const& to) {
  // A datagram that the kernel does not take is lost, as datagrams are.
  ::sendto(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.data(),
           to.size());
}

} // namespace

std::unique_ptr<server> start_udp_echo(target_options const& options, wire::address const& at) {
  return std::make_unique<udp_echo>(options, at);
}

} // namespace conecta::target
