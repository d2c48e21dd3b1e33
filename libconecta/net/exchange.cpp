#include "net/exchange.hpp"

#include "base/assert.hpp"

#include <boost/asio/post.hpp>

namespace conecta::net {

void exchange::start(connection& over, dialogue::script what) {
  CONECTA_ASSERT(!running(), "net::exchange: one is running already");
  over_ = &over;
  if (go_on(dialogue_.begin(over, what))) {
    finish_soon();
  }
}

void exchange::cancel(error_kind why) {
  if (waits()) {
    stop_waiting();
    dialogue_.abandon(why);
    finish_soon();
  }
}

bool exchange::go_on(dialogue::next what) {
  while (what != dialogue::next::done) {
    auto const awaited =
        what == dialogue::next::wait_readable ? readiness::readable : readiness::writable;
    if (over_->socket().await(awaited, *this)) {
      return false;
    }
    what = dialogue_.ready();
  }
  return true;
}

void exchange::ready() {
  if (go_on(dialogue_.ready())) {
    finish();
  }
}

void exchange::finish() {
  over_ = nullptr;
  listener_.exchanged(dialogue_.result());
}

void exchange::finish_soon() {
  boost::asio::post(executor_, [this] { finish(); });
}

} // namespace conecta::net
