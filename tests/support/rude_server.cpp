#include "support/rude_server.hpp"

#include "support/plain_socket.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace conecta::support {

namespace {

using namespace std::string_view_literals;

enum class then : std::uint8_t { keep, close };

void reset(int connection) {
  linger const at_once{1, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void send_bytes(int connection, std::string_view bytes) {
  static_cast<void>(::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

/// Repeats what it is sent, at first.
class mixer {
 public:
  void answer(int connection, std::string_view request) {
    if (answered_ < 10) {
      send_bytes(connection, request);
      ++answered_;
    } else if (waiting_.empty()) {
      waiting_ = request;
      waits_ = connection;
    } else {
      send_bytes(waits_, request);
      send_bytes(connection, waiting_);
      waiting_.clear();
    }
  }

 private:
  int answered_ = 0;
  int waits_ = -1;
  std::string waiting_;
};

then answer(rudeness manner, int connection, std::string_view request) {
  switch (manner) {
  case rudeness::closes_at_once:
    return then::close;
  case rudeness::never_answers:
    return then::keep;
  case rudeness::answers_garbage:
    send_bytes(connection, "\x1b[2J\x1b]0;owned\x07\xff\xfe\x00 not what was asked\r\n"sv);
    return then::keep;
  case rudeness::floods:
    send_bytes(connection, std::string(std::size_t{3} << 20, 'x'));
    return then::close;
  case rudeness::resets_mid_reply:
    send_bytes(connection, "+PO");
    reset(connection);
    return then::close;
  case rudeness::closes_mid_reply:
    send_bytes(connection, "+PO");
    return then::close;
  case rudeness::answers_twice:
    send_bytes(connection, "+PONG\r\n+PONG\r\n");
    return then::keep;
  case rudeness::mixes_up: {
    static mixer of_this_process;
    of_this_process.answer(connection, request);
    return then::keep;
  }
  }
  return then::close;
}

/// In the child, until it is killed.
[[noreturn]] void serve(rudeness manner, int listener) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<pollfd> watched{{listener, POLLIN, 0}};
  std::array<char, 65536> buffer{};
  for (;;) {
    ::poll(watched.data(), watched.size(), -1);
    for (std::size_t index = watched.size(); index-- > 1;) {
      if (watched[index].revents == 0) {
        continue;
      }
      auto const connection = watched[index].fd;
      auto const received = ::recv(connection, buffer.data(), buffer.size(), 0);
      std::string_view const request{buffer.data(),
                                     static_cast<std::size_t>(std::max<ssize_t>(0, received))};
      if (request.empty() || answer(manner, connection, request) == then::close) {
        ::close(connection);
        watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(index));
      }
    }
    if (watched[0].revents != 0) {
      auto const connection = ::accept(listener, nullptr, nullptr);
      if (manner == rudeness::closes_at_once) {
        ::close(connection);
      } else {
        watched.push_back({connection, POLLIN, 0});
      }
    }
  }
}

} // namespace

rude_server::rude_server(rudeness manner) {
  auto const listener = plain_socket::listen_tcp();
  address_ = listener.address();
  id_ = ::fork();
  if (id_ == 0) {
    serve(manner, listener.get());
  }
}

rude_server::~rude_server() {
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

} // namespace conecta::support
