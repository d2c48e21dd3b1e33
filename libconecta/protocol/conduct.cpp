#include "protocol/conduct.hpp"

#include <cerrno>
#include <chrono>
#include <utility>

namespace conecta::protocol {

namespace {

namespace asio = boost::asio;
using net::error_kind;

/// One conversation, without waiting: it says what to wait for.
class talk {
 public:
  talk(net::connection& over, conversation& with, parting when)
      : over_{over},
        with_{with},
        parts_{when},
        saying_{with.begin()},
        unasked_{!saying_.empty() && !with.speaks_unasked() &&
                 over.look_at() == net::connection::look::unread_bytes} {}

  enum class next { readable, writable, over };

  next go_on() {
    for (;;) {
      if (auto const blocked = send()) {
        return *blocked;
      }
      if (end_) {
        return next::over;
      }
      if (auto const blocked = receive()) {
        return *blocked;
      }
    }
  }

  void give_up(error_kind why, std::string detail) {
    end_ = silence{why, std::move(detail), heard_};
  }

  [[nodiscard]] std::variant<verdict, silence> result() const { return *end_; }

 private:
  /// None: all of it is sent.
  std::optional<next> send() {
    while (!saying_.empty()) {
      auto const count = over_.socket().send(saying_);
      if (count >= 0) {
        saying_.erase(0, static_cast<std::size_t>(count));
      } else if (errno == EAGAIN) {
        return end_ ? next::over : next::writable; // for a farewell nobody waits
      } else {
        return broken();
      }
    }
    return std::nullopt;
  }

  std::optional<next> receive() {
    auto const had = unread_.size();
    constexpr std::size_t at_once = 4096;
    unread_.resize(had + at_once);
    auto const count = over_.socket().receive(unread_.data() + had, at_once);
    auto const problem = errno;
    unread_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0) {
      errno = problem;
      return problem == EAGAIN ? next::readable : broken();
    }
    if (count == 0) {
      end_ = with_.closed(unread_);
      return next::over;
    }
    heard_ += static_cast<std::size_t>(count);
    listen();
    return std::nullopt;
  }

  /// As long as it uses what there is: it may hold more than one answer.
  void listen() {
    while (!unread_.empty()) {
      auto made = with_.hear(unread_);
      unread_.erase(0, made.used);
      saying_ += made.say;
      bool const answers = !made.say.empty() || made.end;
      unasked_ = unasked_ || (answers && !unread_.empty() && !with_.speaks_unasked());
      if (made.end) {
        conclude(std::move(*made.end));
        return;
      }
      if (heard_ > most_heard) {
        end_ = foreign("an answer of at most 64 KiB", unread_);
        return;
      }
      if (made.used == 0) {
        return;
      }
    }
  }

  /// What refuses may come unasked.
  void conclude(verdict found) {
    if (found.is == standing::ready && unasked_) {
      found = foreign("no answer to what was not asked", unread_);
    }
    bool const stays = found.is == standing::ready && parts_ == parting::later;
    end_ = std::move(found);
    saying_ += stays ? "" : with_.farewell();
  }

  /// By errno. What was decided before stays.
  next broken() {
    if (!end_) {
      boost::system::error_code const code{errno, boost::system::system_category()};
      give_up(net::classify(code), code.message());
    }
    return next::over;
  }

  net::connection& over_;
  conversation& with_;
  parting parts_;
  std::string saying_;
  bool unasked_ = false; ///< something came that no question was behind
  std::string unread_;
  std::size_t heard_ = 0;
  std::optional<std::variant<verdict, silence>> end_;
};

} // namespace

asio::awaitable<std::variant<verdict, silence>> conduct(net::connection& over, conversation& with,
                                                        instant deadline, parting when) {
  talk here{over, with, when};
  over.mark_used();
  for (auto waits_for = here.go_on(); waits_for != talk::next::over; waits_for = here.go_on()) {
    auto waiting =
        net::until(over.socket(), waits_for == talk::next::readable ? net::readiness::readable
                                                                    : net::readiness::writable);
    auto const ended = co_await std::move(waiting);
    if (ended) {
      auto const late = std::chrono::steady_clock::now() >= deadline;
      here.give_up(late ? error_kind::timeout : error_kind::cancelled,
                   late ? "no complete answer in time" : "the caller gave up");
      break;
    }
  }
  auto result = here.result();
  co_return result;
}

} // namespace conecta::protocol
