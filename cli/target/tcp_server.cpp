#include "target/tcp_server.hpp"

#include "target/conversation.hpp"
#include "target/tally.hpp"
#include "wire/listener.hpp"
#include "wire/outbox.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unordered_map>
#include <vector>

namespace conecta::target {

namespace {

constexpr std::size_t largest_request = std::size_t{1} << 20;
constexpr std::size_t most_unsent = std::size_t{1} << 20; ///< beyond it nothing more is read
constexpr int reads_at_once = 16;                         ///< then the others get their turn
constexpr auto no_fault = std::numeric_limits<std::size_t>::max(); ///< the target's own options

class served_connection;

class tcp_server final : public server {
 public:
  tcp_server(target_options options, wire::address const& at, fault::plan faults)
      : server{std::move(faults)},
        options_{std::move(options)},
        listener_{server::loop(), at, [this](wire::descriptor s) { take(std::move(s)); }} {
    run("target-tcp");
  }
  ~tcp_server() override { tcp_server::stop(); }

  [[nodiscard]] wire::address address() const override { return listener_.where(); }
  [[nodiscard]] server_counts counts() const override { return tally_.read(); }
  void stop() override;

  [[nodiscard]] target_options const& options() const noexcept { return options_; }
  using server::faults;
  using server::loop;
  [[nodiscard]] std::shared_ptr<store> const& shared() const noexcept { return shared_; }
  [[nodiscard]] tally& counters() noexcept { return tally_; }
  [[nodiscard]] std::array<char, 65536>& scratch() noexcept { return scratch_; }
  void drop(served_connection& which);

 private:
  void take(wire::descriptor socket);
  void go_down() override;
  void come_up() override { listener_.open(); }
  void look_again() override;
  [[nodiscard]] std::vector<served_connection*> all() const;

  target_options const options_;
  std::shared_ptr<store> shared_ = make_store();
  tally tally_;
  std::array<char, 65536> scratch_;
  std::uint64_t next_number_ = 0;
  std::unordered_map<served_connection*, std::unique_ptr<served_connection>> connections_;
  wire::listener listener_;
};

class served_connection final : public wire::event_loop::watcher, private wire::event_loop::alarm {
 public:
  served_connection(tcp_server& owner, std::uint64_t number, wire::descriptor socket)
      : owner_{&owner},
        self_{number, owner.loop().now()},
        socket_{std::move(socket)},
        speaks_{converse(owner.options(), owner.shared())},
        last_active_{self_.opened} {
    owner.loop().watch_connection(socket_.get(), *this);
    set_alarm(wire::sending::done);
  }
  ~served_connection() override { owner_->loop().disarm(*this); }

  void greet();
  void close();
  /// What has not left is no reply any more.
  void drop_unsent() noexcept;
  /// Its limits have changed.
  void look_again() { on_alarm(); }

 private:
  enum class input : std::uint8_t { open, ended };

  void on_ready(std::uint32_t events) override;
  void on_alarm() override;

  void go_on();
  void read();
  void work(std::string_view fresh);
  [[nodiscard]] std::size_t answer_whole(std::string_view received);
  void answer(std::size_t count, std::string_view requests);
  [[nodiscard]] std::optional<std::string_view> error_instead_of(std::string_view request);
  void say(said what);
  [[nodiscard]] std::size_t frames_at_once() const noexcept;
  [[nodiscard]] bool is_full() const noexcept { return outbox_.size() >= most_unsent; }
  [[nodiscard]] bool answered_all() const noexcept;
  [[nodiscard]] std::optional<misbehaviour::idle_limit> idle_limit() const;
  void set_alarm(wire::sending state);

  tcp_server* owner_;
  misbehaviour::connection self_;
  wire::descriptor socket_;
  wire::outbox outbox_;
  std::unique_ptr<conversation> speaks_;
  std::string unread_; ///< received and not answered: part of a request, or kept by a full outbox
  std::size_t searched_ = 0; ///< of unread_: no end of a line in it
  std::uint64_t requests_ = 0;
  std::size_t replies_ = 0;
  bool said_last_ = false;
  instant last_active_;
  input input_ = input::open;
  bool readable_ = false;
  bool hung_up_ = false; ///< the kernel has seen the end; read until it shows
};

void served_connection::on_ready(std::uint32_t events) {
  if (!socket_) {
    return;
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    readable_ = true;
    hung_up_ = hung_up_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  }
  go_on();
}

void served_connection::on_alarm() {
  go_on();
  auto const now = owner_->loop().now();
  auto const idle = idle_limit();
  // One that does not read its replies is silent too; one whose reply is still to come is not.
  bool const waits_for_us = !outbox_.empty() && outbox_.next_due() > now;
  if (socket_ && idle && !waits_for_us && last_active_ + idle->after <= now) {
    if (idle->fault != no_fault) {
      owner_->faults().count(idle->fault);
    }
    close();
  }
}

void served_connection::go_on() {
  auto state = wire::sending::done;
  if (!outbox_.empty()) {
    auto const before = outbox_.size();
    state = outbox_.flush(socket_.get(), owner_->loop().now());
    if (outbox_.size() != before) {
      last_active_ = owner_->loop().now();
    }
    if (outbox_.empty()) {
      speaks_->all_sent();
    }
  }
  if (state != wire::sending::failed) {
    if (!unread_.empty() && !is_full()) {
      work({});
    }
    if (socket_) {
      read();
    }
  }
  if (!socket_) {
    return;
  }
  bool const finished = outbox_.empty() && (input_ == input::ended || answered_all());
  if (state == wire::sending::failed || finished) {
    close();
    return;
  }
  if (!outbox_.empty() && outbox_.next_due() > owner_->loop().now()) {
    state = wire::sending::waiting;
  }
  set_alarm(state);
}

void served_connection::read() {
  auto& scratch = owner_->scratch();
  for (int i = 0; i < reads_at_once; ++i) {
    if (!readable_ || input_ == input::ended || is_full() || answered_all()) {
      return;
    }
    auto const size = ::recv(socket_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (size > 0) {
      auto const count = static_cast<std::size_t>(size);
      readable_ = hung_up_ || count == scratch.size();
      last_active_ = owner_->loop().now();
      work({scratch.data(), count});
      if (!socket_) {
        return;
      }
    } else if (size == 0) {
      input_ = input::ended;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      readable_ = false;
    } else if (errno != EINTR) {
      close();
      return;
    }
  }
  owner_->loop().again(*this);
}

void served_connection::work(std::string_view fresh) {
  if (unread_.empty()) {
    unread_.assign(fresh.substr(answer_whole(fresh)));
  } else {
    unread_.append(fresh);
    unread_.erase(0, answer_whole(unread_));
  }
  // A full outbox leaves whole requests unread, which is none of the client's fault.
  if (socket_ && !is_full()) {
    searched_ = unread_.size();
    if (unread_.size() > largest_request) {
      close();
    }
  }
}

std::size_t served_connection::answer_whole(std::string_view received) {
  std::size_t taken = 0;
  while (socket_ && !is_full() && !answered_all()) {
    auto const rest = received.substr(taken);
    auto const found = speaks_->find(rest, searched_, frames_at_once());
    if (found.count == 0) {
      break;
    }
    searched_ = 0;
    answer(found.count, rest.substr(0, found.length));
    taken += found.length;
  }
  return taken;
}

std::size_t served_connection::frames_at_once() const noexcept {
  auto most = std::numeric_limits<std::size_t>::max();
  auto const& options = owner_->options();
  if (options.close_after) {
    most = *options.close_after - replies_;
  }
  if (owner_->faults().strikes_requests()) {
    most = std::min<std::size_t>(most, 1); // each on its own
  }
  if (options.reply) {
    most = std::min(most, most_unsent / std::max<std::size_t>(options.reply->size(), 1) + 1);
  }
  return most;
}

/// What a server says first is its reply to the request number 0.
void served_connection::greet() {
  auto const first = speaks_->greet();
  if (first.bytes.empty()) {
    return;
  }
  auto const error = error_instead_of({});
  say(error ? speaks_->refuse({}, *error) : first);
  go_on();
}

void served_connection::answer(std::size_t count, std::string_view requests) {
  tally::add(owner_->counters().requests, count);
  requests_ += count;
  auto const error = error_instead_of(requests);
  auto const reply = error ? speaks_->refuse(requests, *error) : speaks_->answer(requests, count);
  if (!reply.bytes.empty()) {
    tally::add(owner_->counters().replies, count);
    replies_ += count;
  }
  say(reply);
}

std::optional<std::string_view> served_connection::error_instead_of(std::string_view request) {
  return owner_->faults().error_reply(self_.number, requests_, [&](std::string_view code) {
    return speaks_->can_refuse(request, code);
  });
}

void served_connection::say(said what) {
  said_last_ = said_last_ || what.last;
  auto bytes = what.bytes;
  if (bytes.empty()) {
    return;
  }
  auto const delay =
      owner_->options().reply_delay + owner_->faults().reply_delay(self_.number, replies_);
  if (delay == duration::zero() && outbox_.empty()) {
    auto const sent = wire::send_now(socket_.get(), bytes);
    bytes.remove_prefix(sent.count);
    if (sent.how == wire::sending::failed) {
      outbox_.push(bytes, owner_->loop().now());
      close();
      return;
    }
    if (bytes.empty()) {
      speaks_->all_sent();
      return;
    }
  }
  outbox_.push(bytes, owner_->loop().now() + delay);
}

bool served_connection::answered_all() const noexcept {
  auto const most = owner_->options().close_after;
  return said_last_ || (most && replies_ >= *most);
}

std::optional<misbehaviour::idle_limit> served_connection::idle_limit() const {
  auto limit = owner_->faults().idle_limit_of(self_);
  auto const usual = owner_->options().idle_disconnect;
  if (usual && (!limit || *usual < limit->after)) {
    limit = misbehaviour::idle_limit{*usual, no_fault};
  }
  return limit;
}

void served_connection::set_alarm(wire::sending state) {
  auto due = never;
  if (state == wire::sending::waiting) {
    due = outbox_.next_due();
  } else if (auto const idle = idle_limit()) {
    due = saturating_add(last_active_, idle->after);
  }
  // Armed early is harmless: every request would otherwise move the alarm of an idle disconnect.
  if (due < alarm::due()) {
    owner_->loop().arm(*this, due);
  }
}

void served_connection::drop_unsent() noexcept {
  tally::subtract(owner_->counters().replies, speaks_->replies_in(outbox_.bytes()));
  outbox_.clear();
}

void served_connection::close() {
  drop_unsent();
  owner_->loop().disarm(*this);
  socket_.close();
  owner_->drop(*this);
}

void tcp_server::take(wire::descriptor socket) {
  tally::add(tally_.accepted);
  auto const number = next_number_++;
  if (faults().turns_away(number, connections_.size())) {
    tally::add(tally_.turned_away);
    return;
  }
  if (options_.max_connections && connections_.size() >= *options_.max_connections) {
    tally::add(tally_.turned_away);
    return;
  }
  auto made = std::make_unique<served_connection>(*this, number, std::move(socket));
  auto* const key = made.get();
  connections_.emplace(key, std::move(made));
  tally::add(tally_.open);
  key->greet();
}

void tcp_server::drop(served_connection& which) {
  auto const found = connections_.find(&which);
  loop().retire(std::move(found->second));
  connections_.erase(found);
  tally::subtract(tally_.open);
}

std::vector<served_connection*> tcp_server::all() const {
  std::vector<served_connection*> found; // some end meanwhile
  for (auto const& each : connections_) {
    found.push_back(each.first);
  }
  return found;
}

void tcp_server::go_down() {
  listener_.close();
  for (auto* const each : all()) {
    each->close();
  }
}

void tcp_server::look_again() {
  for (auto* const each : all()) {
    each->look_again();
  }
}

void tcp_server::stop() {
  halt();
  listener_.close();
  for (auto* const each : all()) {
    each->drop_unsent();
  }
  connections_.clear();
  tally_.open.store(0, std::memory_order_relaxed);
}

} // namespace

std::unique_ptr<server> start_tcp(target_options const& options, wire::address const& at,
                                  fault::plan faults) {
  if (auto const* bytes = std::get_if<byte_frames>(&options.frame)) {
    if (bytes->count == 0 || bytes->count > largest_request) {
      throw std::invalid_argument{"frame.bytes: " + std::to_string(bytes->count) +
                                  " is not from 1 to 1048576"};
    }
  }
  if (options.close_after == std::size_t{0}) {
    throw std::invalid_argument{"close_after: 0 replies would leave nothing to serve"};
  }
  return std::make_unique<tcp_server>(options, at, std::move(faults));
}

} // namespace conecta::target
