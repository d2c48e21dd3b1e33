#include "net/exchange.hpp"

#include "base/assert.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace conecta::net {

void exchange::start(connection& over, dialogue::script what) {
  CONECTA_ASSERT(!running(), "net::exchange: one is running already");
  over_ = &over;
  cancelled_.reset();
  auto const following = dialogue_.begin(over, what);
  if (following == dialogue::next::done) {
    boost::asio::post(over.socket().get_executor(), [this] { finish(); });
  } else {
    wait(following);
  }
}

void exchange::cancel(error_kind why) {
  if (running() && !cancelled_) {
    cancelled_ = why;
    boost::system::error_code ignored;
    over_->socket().cancel(ignored);
  }
}

void exchange::wait(dialogue::next what) {
  if (what == dialogue::next::done) {
    return finish();
  }
  auto const event = what == dialogue::next::wait_readable ? connection::descriptor::wait_read
                                                           : connection::descriptor::wait_write;
  over_->socket().async_wait(event, [this](boost::system::error_code const& problem) {
    if (cancelled_ || problem) {
      dialogue_.abandon(cancelled_.value_or(classify(problem)));
      return finish();
    }
    wait(dialogue_.ready());
  });
}

void exchange::finish() {
  over_ = nullptr;
  listener_.exchanged(dialogue_.result());
}

} // namespace conecta::net
