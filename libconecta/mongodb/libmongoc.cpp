// The module "mongodb": sessions by libmongoc, which does SCRAM. The library blocks, and so has a
// thread of its own here, over a stream of ours whose waits can be called off.
//
// It prints nothing.

#include "protocol/client_session.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mongoc/mongoc.h>
#include <netdb.h>
#include <optional>
#include <poll.h>
#include <span>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace conecta::protocol {

namespace {

using net::client_answer;

/// No number that libmongoc has for its own.
constexpr int kind_of_stream = 100;
/// Whoever waits for a session calls it off.
constexpr std::int32_t no_limit_ms = 24 * 60 * 60 * 1000;

/// What the session and its thread have in common.
struct meeting {
  int called_off = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int news = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); ///< one of the next two has changed
  std::atomic<bool> reached = false;
  std::atomic<bool> finished = false;
  std::atomic<int> socket = -1;
  std::atomic<int> problem = 0; ///< an errno of the stream, the first
  bool is_foreign = false;      ///< what came first begins no message
  std::size_t heard = 0;        ///< bytes
  client_answer answer;         ///< once finished

  meeting() = default;
  meeting(meeting const&) = delete;
  meeting& operator=(meeting const&) = delete;
  ~meeting() {
    ::close(called_off);
    ::close(news);
  }
  void note(int error) noexcept {
    int none = 0;
    problem.compare_exchange_strong(none, error);
  }
};

void raise(int event) noexcept {
  std::uint64_t const one = 1;
  static_cast<void>(::write(event, &one, sizeof one));
}

/// A socket as libmongoc wants a stream to be.
struct stream : mongoc_stream_t {
  meeting* with;
  int handle;
  bool timed_out_last = false;
  bool would_wait = false;

  static stream& of(mongoc_stream_t* base) { return *static_cast<stream*>(base); }

  /// False: it was called off, or took too long. Negative: without end.
  bool await(short events, std::int32_t limit_ms) {
    std::array both{pollfd{.fd = handle, .events = events, .revents = 0},
                    pollfd{.fd = with->called_off, .events = POLLIN, .revents = 0}};
    int const ready = ::poll(both.data(), both.size(), limit_ms);
    timed_out_last = ready == 0;
    would_wait = ready == 0 && limit_ms == 0;
    if (both[1].revents != 0) {
      errno = ECANCELED;
      return false;
    }
    errno = ready == 0 ? (limit_ms == 0 ? EAGAIN : ETIMEDOUT) : errno;
    return ready > 0;
  }

  ssize_t fail(int error) {
    if (error != EAGAIN) {
      with->note(error);
    }
    errno = error;
    return -1;
  }

  /// A recv() of what there is, up to what a message may have.
  ssize_t hear(mongoc_iovec_t const& part) {
    auto const left = most_of_a_message - std::min(most_of_a_message, with->heard);
    if (left == 0) {
      errno = EMSGSIZE;
      return -1;
    }
    auto const size = ::recv(handle, part.iov_base, std::min(part.iov_len, left), 0);
    if (size >= 4 && with->heard == 0) {
      constexpr std::uint32_t longest = 48'000'000;
      std::uint32_t length = 0; // little endian, as this machine is
      std::memcpy(&length, part.iov_base, sizeof length);
      with->is_foreign = length < 16 || length > longest;
    }
    with->heard += size > 0 ? static_cast<std::size_t>(size) : 0;
    return size;
  }

  /// All of it, or -1; with a read at least so much as is wanted.
  template <class Transfer>
  ssize_t move(std::span<mongoc_iovec_t> parts, std::size_t wanted, short events,
               std::int32_t limit_ms, Transfer transfer) {
    std::size_t moved = 0;
    std::size_t at = 0;
    while (at < parts.size()) {
      auto& part = parts[at];
      if (part.iov_len == 0) {
        ++at;
        continue;
      }
      ssize_t const count = transfer(part);
      if (count > 0) {
        if (!with->reached.exchange(true)) {
          raise(with->news);
        }
        moved += static_cast<std::size_t>(count);
        part.iov_base = static_cast<char*>(part.iov_base) + count;
        part.iov_len -= static_cast<std::size_t>(count);
      } else if (count == 0) {
        return moved >= wanted && moved > 0 ? static_cast<ssize_t>(moved) : fail(ECONNRESET);
      } else if (errno == EAGAIN || errno == ENOTCONN) { // or not connected yet
        if (moved > 0 && moved >= wanted) {
          break;
        }
        if (!await(events, limit_ms)) {
          return moved > 0 && would_wait ? static_cast<ssize_t>(moved) : fail(errno);
        }
      } else if (errno != EINTR) {
        return fail(errno);
      }
    }
    return static_cast<ssize_t>(moved);
  }
};

ssize_t write_parts(mongoc_stream_t* base, mongoc_iovec_t* parts, std::size_t count,
                    std::int32_t limit_ms) {
  auto& self = stream::of(base);
  std::size_t whole = 0;
  std::vector<mongoc_iovec_t> left{parts, parts + count};
  for (auto const& each : left) {
    whole += each.iov_len;
  }
  return self.move(left, whole, POLLOUT, limit_ms, [&](mongoc_iovec_t const& part) {
    return ::send(self.handle, part.iov_base, part.iov_len, MSG_NOSIGNAL);
  });
}

ssize_t read_parts(mongoc_stream_t* base, mongoc_iovec_t* parts, std::size_t count,
                   std::size_t wanted, std::int32_t limit_ms) {
  auto& self = stream::of(base);
  std::vector<mongoc_iovec_t> left{parts, parts + count};
  return self.move(left, wanted, POLLIN, limit_ms,
                   [&](mongoc_iovec_t const& part) { return self.hear(part); });
}

ssize_t poll_streams(mongoc_stream_poll_t* all, std::size_t count, std::int32_t limit_ms) {
  std::vector<pollfd> waiting;
  for (std::size_t i = 0; i < count; ++i) {
    waiting.push_back({.fd = stream::of(all[i].stream).handle,
                       .events = static_cast<short>(all[i].events),
                       .revents = 0});
  }
  auto& with = *stream::of(all[0].stream).with;
  waiting.push_back({.fd = with.called_off, .events = POLLIN, .revents = 0});
  int const ready = ::poll(waiting.data(), waiting.size(), limit_ms);
  bool const off = waiting.back().revents != 0;
  for (std::size_t i = 0; i < count; ++i) {
    all[i].revents = off ? POLLERR : waiting[i].revents;
    int error = 0;
    socklen_t size = sizeof error;
    if ((waiting[i].revents & (POLLERR | POLLHUP)) != 0 &&
        ::getsockopt(waiting[i].fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
      with.note(error);
    }
  }
  return off ? static_cast<ssize_t>(count) : ready;
}

bool is_closed(mongoc_stream_t* base) {
  char next = 0;
  auto const count = ::recv(stream::of(base).handle, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

int close_stream(mongoc_stream_t* base) {
  auto& self = stream::of(base);
  if (self.handle >= 0) {
    self.with->socket = -1;
    ::close(std::exchange(self.handle, -1));
  }
  return 0;
}

/// Begins to connect to the address that was found for the host.
mongoc_stream_t* open_stream(mongoc_uri_t const*, mongoc_host_list_t const* host, void* context,
                             bson_error_t* error) {
  auto& with = *static_cast<meeting*>(context);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  auto const port = std::to_string(host->port);
  int made = -1;
  if (::getaddrinfo(host->host, port.c_str(), &hints, &found) == 0) {
    made = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool const begun = made >= 0 && (::connect(made, found->ai_addr, found->ai_addrlen) == 0 ||
                                     errno == EINPROGRESS);
    int const problem = errno;
    ::freeaddrinfo(found);
    if (!begun) {
      with.note(problem);
      bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_CONNECT, "%s",
                     std::strerror(problem));
      if (made >= 0) {
        ::close(made);
      }
      return nullptr;
    }
  }
  auto* const self = new stream{};
  self->type = kind_of_stream;
  self->destroy = [](mongoc_stream_t* base) {
    close_stream(base);
    delete &stream::of(base);
  };
  self->close = close_stream;
  self->flush = [](mongoc_stream_t*) { return 0; };
  self->writev = write_parts;
  self->readv = read_parts;
  self->setsockopt = [](mongoc_stream_t* base, int level, int option, void* value,
                        mongoc_socklen_t size) {
    return ::setsockopt(stream::of(base).handle, level, option, value, size);
  };
  self->check_closed = is_closed;
  self->poll = poll_streams;
  self->failed = self->destroy;
  self->timed_out = [](mongoc_stream_t* base) { return stream::of(base).timed_out_last; };
  self->should_retry = [](mongoc_stream_t* base) { return stream::of(base).would_wait; };
  self->with = &with;
  self->handle = made;
  with.socket = made;
  return self;
}

struct destroy {
  void operator()(mongoc_uri_t* uri) const noexcept { mongoc_uri_destroy(uri); }
  void operator()(mongoc_client_t* client) const noexcept { mongoc_client_destroy(client); }
};
using client_pointer = std::unique_ptr<mongoc_client_t, destroy>;

client_pointer client_for(client_wishes const& with, meeting& at) {
  bool const is_ipv6 = with.address.find(':') != std::string::npos;
  auto const host = is_ipv6 ? "[" + with.address + "]" : with.address;
  std::unique_ptr<mongoc_uri_t, destroy> const uri{
      mongoc_uri_new(("mongodb://" + host + ":" + std::to_string(with.port)).c_str())};
  if (uri == nullptr) {
    return nullptr;
  }
  mongoc_uri_set_username(uri.get(), with.user.c_str());
  mongoc_uri_set_password(uri.get(), with.password.value_or("").c_str());
  mongoc_uri_set_auth_source(uri.get(), with.database.empty() ? "admin" : with.database.c_str());
  mongoc_uri_set_appname(uri.get(), "conecta");
  mongoc_uri_set_option_as_bool(uri.get(), MONGOC_URI_DIRECTCONNECTION, true);
  for (auto const* const limit : {MONGOC_URI_CONNECTTIMEOUTMS, MONGOC_URI_SOCKETTIMEOUTMS,
                                  MONGOC_URI_SERVERSELECTIONTIMEOUTMS}) {
    mongoc_uri_set_option_as_int32(uri.get(), limit, no_limit_ms);
  }
  client_pointer made{mongoc_client_new_from_uri(uri.get())};
  if (made != nullptr) {
    mongoc_client_set_error_api(made.get(), MONGOC_ERROR_API_VERSION_2);
    mongoc_client_set_stream_initiator(made.get(), open_stream, &at);
  }
  return made;
}

/// A document that is asked or answered.
struct document {
  bson_t value = BSON_INITIALIZER;

  document() = default;
  document(document const&) = delete;
  document& operator=(document const&) = delete;
  ~document() { bson_destroy(&value); }

  [[nodiscard]] bool holds(char const* name) const {
    bson_iter_t at;
    return bson_iter_init_find(&at, &value, name) && bson_iter_as_bool(&at);
  }
};

client_answer failed(bson_error_t const& error, meeting const& at) {
  constexpr auto authentication_failed = "18";
  bool const of_proof =
      error.domain == MONGOC_ERROR_SCRAM || // no password, for one
      (error.domain == MONGOC_ERROR_CLIENT && error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE);
  if (of_proof) {
    return {client_answer::kind::refused, authentication_failed, error.message};
  }
  if (error.domain == MONGOC_ERROR_SERVER || error.domain == MONGOC_ERROR_QUERY) {
    return {client_answer::kind::refused, std::to_string(error.code), error.message};
  }
  if (at.is_foreign || (at.problem == 0 && at.reached)) { // or the stream is well
    return {client_answer::kind::foreign, {}, error.message};
  }
  return {client_answer::kind::lost, {}, error.message, at.problem};
}

std::optional<client_answer> refused(mongoc_client_t* client, char const* command, document& reply,
                                     meeting const& at) {
  document asked;
  bson_append_int32(&asked.value, command, -1, 1);
  bson_error_t error{};
  bson_destroy(&reply.value);
  bool const done =
      mongoc_client_command_simple(client, "admin", &asked.value, nullptr, &reply.value, &error);
  return done ? std::nullopt : std::optional{failed(error, at)};
}

/// `text` is what it is: primary, secondary, arbiter, or nothing of these now.
client_answer standing_of(mongoc_client_t* client, client_wishes const& with, meeting const& at) {
  if (client == nullptr) {
    return {client_answer::kind::lost, {}, "out of memory", ENOMEM};
  }
  document reply;
  if (auto answer = refused(client, "ping", reply, at)) { // which begins with a proof
    return *answer;
  }
  if (with.asks < level::query) {
    return {.text = "any"};
  }
  if (auto answer = refused(client, "hello", reply, at)) {
    return *answer;
  }
  return {.text = reply.holds("isWritablePrimary") ? "primary"
                  : reply.holds("secondary")       ? "secondary"
                  : reply.holds("arbiterOnly")     ? "arbiter"
                                                   : ""};
}

class libmongoc_session final : public net::client_session {
 public:
  explicit libmongoc_session(client_wishes const& with) {
    mongoc_init();
    mongoc_log_set_handler(nullptr, nullptr);
    worker_ = std::thread{[this, with] {
      client_ = client_for(with, at_);
      at_.answer = standing_of(client_.get(), with, at_);
      at_.finished = true;
      raise(at_.news);
    }};
  }
  ~libmongoc_session() override {
    raise(at_.called_off);
    worker_.join();
  }

  std::optional<client_answer> go_on() override {
    std::uint64_t count = 0;
    static_cast<void>(::read(at_.news, &count, sizeof count));
    if (!at_.finished) {
      return std::nullopt;
    }
    is_open_ = true;
    return at_.answer;
  }
  /// What tells that the thread is done; then the server's.
  [[nodiscard]] int socket() const override {
    return is_open_ && at_.socket >= 0 ? at_.socket.load() : at_.news;
  }
  [[nodiscard]] net::readiness wanted() const override { return net::readiness::readable; }
  [[nodiscard]] bool reached() const override { return at_.reached; }

  /// It takes no statements, and is opened for its standing alone.
  void ask(std::string_view) override { raise(at_.news); }
  [[nodiscard]] bool reusable() const override { return false; }

 private:
  meeting at_;
  client_pointer client_; ///< goes when nobody waits for it any more
  std::thread worker_;
  bool is_open_ = false;
};

} // namespace

} // namespace conecta::protocol

extern "C" conecta::net::client_session*
conecta_open_client_4(conecta::protocol::client_wishes const& with) {
  return new conecta::protocol::libmongoc_session{with};
}
