#include "net/dialogue.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>

namespace conecta::net {

namespace {

constexpr std::size_t first_read = 16 * 1024;
constexpr std::size_t largest_datagram = 65'536;

/// As much of what was received as a message quotes.
std::string_view shown(std::string const& buffer, std::size_t size) {
  return std::string_view{buffer}.substr(0, std::min<std::size_t>(size, 80));
}

} // namespace

dialogue::next dialogue::begin(connection& over, script what) {
  over_ = &over;
  script_ = what;
  framer_.emplace(*what.reply, what.send.size());
  sent_ = 0;
  received_ = 0;
  reply_size_ = 0;
  result_.failed.reset();
  result_.left = outcome::after::reusable;
  result_.detail.clear();
  if (over.session() != nullptr) {
    return ask();
  }
  if (over.kind() == transport::tcp && what.send.empty()) { // whoever speaks first is the peer
    over.mark_used();
    return send_rest();
  }
  return over.used() ? send_rest() : send_first();
}

/// What the peer did to a new connection by itself is told as such.
dialogue::next dialogue::send_first() {
  over_->mark_used();
  switch (over_->look_at()) {
  case connection::look::quiet:
    return send_rest();
  case connection::look::unread_bytes:
    return fail(step::send, error_kind::stale, "bytes came before anything was sent",
                outcome::after::stale);
  case connection::look::closed:
    return fail(step::send, error_kind::closed, "the peer closed before anything was sent",
                outcome::after::broken);
  case connection::look::broken:
    return fail_with_errno(step::send);
  }
  return next::done;
}

dialogue::next dialogue::ready() {
  if (over_->session() != nullptr) {
    return hear();
  }
  return sent_ < script_.send.size() ? send_rest() : receive();
}

dialogue::next dialogue::ask() {
  over_->mark_used();
  over_->session()->ask(script_.send);
  sent_ = script_.send.size();
  count_as_sent();
  return hear();
}

dialogue::next dialogue::hear() {
  auto& session = *over_->session();
  if (auto answer = session.go_on()) {
    return take(*std::move(answer));
  }
  return session.wanted() == readiness::readable ? next::wait_readable : next::wait_writable;
}

dialogue::next dialogue::take(client_answer answer) {
  auto const left =
      over_->session()->reusable() ? outcome::after::reusable : outcome::after::broken;
  switch (answer.what) {
  case client_answer::kind::ready:
    break;
  case client_answer::kind::refused:
    ++over_->counters().replies_received;
    return fail(step::expect, error_kind::mismatch,
                "the reply is an error: " + answer.code + " " + answer.text, left);
  case client_answer::kind::foreign:
    return fail(step::receive, error_kind::protocol, std::move(answer.text),
                outcome::after::broken);
  case client_answer::kind::lost: {
    error_code const system{answer.system, boost::system::system_category()};
    return fail(step::receive, answer.system != 0 ? classify(system) : error_kind::closed,
                std::move(answer.text), outcome::after::broken);
  }
  }
  ++over_->counters().replies_received;
  buffer_ = std::move(answer.text);
  received_ = buffer_.size();
  reply_size_ = received_;
  return expect(left);
}

void dialogue::abandon(error_kind why) {
  auto const at = sent_ < script_.send.size() ? step::send : step::receive;
  static_cast<void>(fail(at, why,
                         why == error_kind::timeout ? "no complete reply in time, " +
                                                          std::to_string(received_) + " bytes of it"
                                                    : "the caller gave up",
                         outcome::after::broken));
}

dialogue::next dialogue::send_rest() {
  do {
    auto const count = over_->socket().send(script_.send.substr(sent_));
    if (count < 0) {
      return errno == EAGAIN ? next::wait_writable : fail_with_errno(step::send);
    }
    sent_ += static_cast<std::size_t>(count);
  } while (sent_ < script_.send.size());
  count_as_sent();
  return std::holds_alternative<no_reply>(*script_.reply) ? next::done : next::wait_readable;
}

void dialogue::count_as_sent() noexcept {
  auto& counters = over_->counters();
  ++(script_.counted_as == purpose::request ? counters.requests_sent : counters.checks_sent);
}

dialogue::next dialogue::receive() {
  auto const room = over_->kind() == transport::udp
                        ? largest_datagram
                        : std::max(first_read, std::min(received_, max_reply_size));
  if (buffer_.size() < received_ + room) {
    buffer_.resize(received_ + room);
  }
  auto const count =
      over_->socket().receive(buffer_.data() + received_, buffer_.size() - received_);
  if (count < 0) {
    return errno == EAGAIN ? next::wait_readable : fail_with_errno(step::receive);
  }
  if (count == 0 && over_->kind() == transport::tcp) {
    auto const framed = framer_->examine_at_end(std::string_view{buffer_}.substr(0, received_));
    over_->mark_unusable();
    if (framed.status != frame_status::complete && received_ == 0) {
      return fail(step::receive, error_kind::closed, "the peer closed instead of replying",
                  outcome::after::broken);
    }
    auto const following = judge(framed);
    if (result_.left == outcome::after::reusable) {
      result_.left = outcome::after::broken;
    }
    return following;
  }
  received_ += static_cast<std::size_t>(count);
  return judge(framer_->examine(std::string_view{buffer_}.substr(0, received_)));
}

dialogue::next dialogue::judge(frame_result framed) {
  switch (framed.status) {
  case frame_status::need_more:
    return next::wait_readable;
  case frame_status::oversized:
    return fail(step::receive, error_kind::oversized, "the reply is longer than 1 MiB",
                outcome::after::broken);
  case frame_status::truncated:
    return fail(step::receive, error_kind::truncated,
                "the peer closed after " + std::to_string(received_) + " bytes of the reply",
                outcome::after::broken);
  case frame_status::malformed:
    return fail(step::receive, error_kind::protocol,
                "the reply is not of the protocol: " + std::string{shown(buffer_, received_)},
                outcome::after::broken);
  case frame_status::complete:
    break;
  }
  ++over_->counters().replies_received;
  reply_size_ = framed.length;
  auto const left =
      received_ > framed.length || framed.last ? outcome::after::stale : outcome::after::reusable;
  return expect(left);
}

dialogue::next dialogue::expect(outcome::after left) {
  if (auto const found = mismatch(*script_.expect, script_.send, reply());
      found != match_failure::none) {
    // An error in the protocol's own words is a reply like others; what else was not expected may
    // be the reply to another request.
    bool const says_no = found == match_failure::resp_error || found == match_failure::http_status;
    return fail(step::expect, error_kind::mismatch,
                "the reply " + describe(found, *script_.expect) + ": " +
                    std::string{shown(buffer_, reply_size_)},
                left == outcome::after::stale || says_no || over_->session() != nullptr
                    ? left
                    : outcome::after::broken);
  }
  if (left != outcome::after::reusable) {
    over_->mark_unusable();
    result_.left = left;
  }
  return next::done;
}

dialogue::next dialogue::fail(step at, error_kind kind, std::string detail, outcome::after left) {
  if (left != outcome::after::reusable) {
    over_->mark_unusable();
  }
  result_.failed = kind;
  result_.at = at;
  result_.left = left;
  result_.detail = std::move(detail);
  return next::done;
}

dialogue::next dialogue::fail_with_errno(step at) {
  boost::system::error_code const code{errno, boost::system::system_category()};
  return fail(at, classify(code), code.message(), outcome::after::broken);
}

} // namespace conecta::net
