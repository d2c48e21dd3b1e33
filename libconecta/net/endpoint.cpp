#include "net/endpoint.hpp"

#include <memory>
#include <utility>

namespace conecta::net {

namespace {

namespace asio = boost::asio;

asio::awaitable<bool> check_connection(connection& over,
                                       std::shared_ptr<endpoint_options const> options,
                                       instant deadline) {
  if (!over.usable() || over.look_at() != connection::look::quiet) {
    co_return false;
  }
  if (!options->asks) {
    co_return true;
  }
  dialogue::script script;
  script.send = options->asks->send;
  script.reply = &options->asks->reply;
  script.expect = &options->asks->expect;
  script.counted_as = purpose::check;
  dialogue asking;
  auto conversation = converse(over, asking, script, deadline);
  outcome const how = co_await std::move(conversation);
  co_return !how.failed.has_value() && how.left == outcome::after::reusable;
}

asio::awaitable<connection> open_connection(asio::any_io_executor executor,
                                            std::shared_ptr<endpoint_options const> options,
                                            wire_counters& counters, instant deadline) {
  dial_options const how{.rules = options->rules, .tls = &options->tls};
  auto opening = options->opens(executor, options->address, counters, deadline, how);
  connection made = co_await std::move(opening);
  if (options->introduces) {
    auto introducing = options->introduces(made, deadline);
    co_await std::move(introducing);
  }
  co_return made;
}

asio::awaitable<void> close_connection(connection& over, udp_drain& drain) {
  if (over.kind() == transport::udp && !over.usable()) {
    drain.take(std::move(over));
  }
  co_return;
}

} // namespace

asio::awaitable<outcome> converse(connection& over, dialogue& with, dialogue::script what,
                                  instant deadline) {
  auto following = with.begin(over, what);
  while (following != dialogue::next::done) {
    auto waiting =
        until(over.socket(), following == dialogue::next::wait_readable ? readiness::readable
                                                                        : readiness::writable);
    auto const ended = co_await std::move(waiting);
    if (ended) {
      auto const late = std::chrono::steady_clock::now() >= deadline;
      with.abandon(late ? error_kind::timeout : error_kind::cancelled);
      break;
    }
    following = with.ready();
  }
  co_return with.result();
}

asio_endpoint<connection> make_endpoint(asio::any_io_executor executor, endpoint_options options,
                                        wire_counters& counters, udp_drain& drain) {
  auto const shared = std::make_shared<endpoint_options const>(std::move(options));
  asio_endpoint<connection> made;
  made.open = [executor, shared, &counters](hook_context const& context) {
    return open_connection(executor, shared, counters, context.deadline);
  };
  made.check = [shared](connection& over, unsigned, hook_context const& context) {
    return check_connection(over, shared, context.deadline);
  };
  made.look = [](connection& over) {
    return !over.used() || over.look_at() == connection::look::quiet;
  };
  made.close = [&drain](connection& over, hook_context const&) {
    return close_connection(over, drain);
  };
  return made;
}

} // namespace conecta::net
