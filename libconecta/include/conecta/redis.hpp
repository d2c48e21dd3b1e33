#pragma once

// Sessions of Redis as the resources of a pool<T>, by hiredis. docs/endpoints.md has an example.
//
//   open   connects; AUTH and SELECT, where they are asked for; PING
//   check  PING
//   reset  (on_return::reset) DISCARD where a transaction was begun, and UNWATCH
//   look   whether the server hung up or said something that nobody asked for
//   close  closes
//
// Every hook ends at its deadline, and when it is asked to stop. An open that fails throws
// std::runtime_error with the server's or hiredis' words, or std::system_error timed_out. What you
// ask waits as long as redisSetTimeout says; a session that failed (get()->err) is to be discarded.
// Thread safety: as hiredis has it, a session is one thread's at a time.
// Needs hiredis: find_package(conecta COMPONENTS redis), and link conecta::redis.
// Source: https://github.com/redis/hiredis

#include <conecta/endpoint.hpp>
#include <conecta/socket_wait.hpp>

#include <hiredis/hiredis.h>

#include <fcntl.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace conecta {

/// Whom to log in where.
struct redis_login {
  std::string host = "127.0.0.1"; ///< a name is looked up without an end to it but the resolver's
  int port = 6379;
  std::string user = {}; ///< without one the default user's
  std::string password = {};
  unsigned database = 0;
  std::string socket_path = {}; ///< of a Unix domain socket, in place of host and port
};

/// An open session; it closes itself.
class redis_session {
 public:
  explicit redis_session(redisContext* session) noexcept : session_{session} {}

  [[nodiscard]] redisContext* get() const noexcept { return session_.get(); }

 private:
  struct finish {
    void operator()(redisContext* session) const noexcept { redisFree(session); }
  };

  std::unique_ptr<redisContext, finish> session_;
};

namespace hooks {

struct forget_reply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using redis_reply = std::unique_ptr<redisReply, forget_reply>;

/// Null if there is none in time, or it is no reply.
[[nodiscard]] inline redis_reply
ask_redis(redisContext* session, std::vector<std::string> const& words, hook_context const& until) {
  std::vector<char const*> texts;
  std::vector<std::size_t> sizes;
  for (auto const& each : words) {
    texts.push_back(each.data());
    sizes.push_back(each.size());
  }
  if (redisAppendCommandArgv(session, static_cast<int>(words.size()), texts.data(), sizes.data()) !=
      REDIS_OK) {
    return nullptr;
  }
  for (int all_sent = 0; all_sent == 0;) {
    if (!wait_for_socket(session->fd, socket_event::writable, until) ||
        redisBufferWrite(session, &all_sent) != REDIS_OK) {
      return nullptr;
    }
  }
  for (void* reply = nullptr;;) {
    if (redisGetReplyFromReader(session, &reply) != REDIS_OK) {
      return nullptr;
    }
    if (reply != nullptr) {
      return redis_reply{static_cast<redisReply*>(reply)};
    }
    if (!wait_for_socket(session->fd, socket_event::readable, until) ||
        redisBufferRead(session) != REDIS_OK) {
      return nullptr;
    }
  }
}

inline void require_redis(redisContext* session, std::vector<std::string> const& words,
                          hook_context const& until) {
  auto const reply = ask_redis(session, words, until);
  if (reply == nullptr && session->err == 0) {
    throw std::system_error{std::make_error_code(std::errc::timed_out), "Redis"};
  }
  if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) {
    throw std::runtime_error{reply == nullptr ? session->errstr
                                              : std::string{reply->str, reply->len}};
  }
}

[[nodiscard]] inline redis_session open_redis(redis_login const& who, hook_context const& until) {
  redis_session made{who.socket_path.empty() ? redisConnectNonBlock(who.host.c_str(), who.port)
                                             : redisConnectUnixNonBlock(who.socket_path.c_str())};
  auto* const session = made.get();
  if (session == nullptr) {
    throw std::bad_alloc{};
  }
  if (session->err != 0) {
    throw std::runtime_error{session->errstr};
  }
  if (!wait_for_socket(session->fd, socket_event::writable, until)) {
    throw std::system_error{std::make_error_code(std::errc::timed_out), "Redis"};
  }
  ::fcntl(session->fd, F_SETFL, ::fcntl(session->fd, F_GETFL) & ~O_NONBLOCK);
  session->flags |= REDIS_BLOCK; // as whoever borrows it expects; a hook waits before each step
  if (!who.password.empty()) {
    who.user.empty() ? require_redis(session, {"AUTH", who.password}, until)
                     : require_redis(session, {"AUTH", who.user, who.password}, until);
  }
  if (who.database != 0) {
    require_redis(session, {"SELECT", std::to_string(who.database)}, until);
  }
  require_redis(session, {"PING"}, until);
  return made;
}

[[nodiscard]] inline bool ping_redis(redisContext* session, hook_context const& until) {
  auto const reply = ask_redis(session, {"PING"}, until);
  return reply != nullptr && reply->type != REDIS_REPLY_ERROR;
}

/// DISCARD outside of a transaction is an error that changes nothing.
[[nodiscard]] inline bool reset_redis(redisContext* session, hook_context const& until) {
  auto const reply = session->err == 0 ? ask_redis(session, {"DISCARD"}, until) : nullptr;
  auto const unwatched = reply != nullptr ? ask_redis(session, {"UNWATCH"}, until) : nullptr;
  return unwatched != nullptr && unwatched->type != REDIS_REPLY_ERROR;
}

} // namespace hooks

[[nodiscard]] inline blocking_endpoint<redis_session> redis_endpoint(redis_login who) {
  return {
      .open = [who = std::move(who)](
                  hook_context const& until) { return hooks::open_redis(who, until); },
      .check = [](redis_session& session, unsigned,
                  hook_context const& until) { return hooks::ping_redis(session.get(), until); },
      .reset = [](redis_session& session,
                  hook_context const& until) { return hooks::reset_redis(session.get(), until); },
      .look = [](redis_session& session) { return socket_is_quiet(session.get()->fd); }};
}

} // namespace conecta
