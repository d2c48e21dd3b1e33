// The module "mysql": sessions by libmariadb, without blocking (its _start and _cont calls), with
// the plugins that it brings: mysql_native_password, caching_sha2_password, ed25519.

#include "protocol/client_session.hpp"
#include "protocol/hang_up.hpp"

#include <mysql.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace conecta::protocol {

namespace {

struct close_session {
  void operator()(MYSQL* session) const noexcept { mysql_close(session); }
};

constexpr std::size_t most_kept = std::size_t{1} << 20; ///< of a value

/// Those between are the library's own.
constexpr unsigned first_client_error = 2000;
constexpr unsigned last_client_error = 2999;
constexpr unsigned server_gone = 2006;
constexpr unsigned server_lost = 2013;

/// What no server of MySQL sends.
bool is_nonsense(unsigned number) {
  constexpr std::array known{2007U, 2012U, 2027U}; // its version, its handshake, a malformed packet
  return std::find(known.begin(), known.end(), number) != known.end();
}

/// Whether it can begin one: the packet of number 0, of a sane length, with protocol 10 or an
/// error.
bool begins_greeting(std::array<unsigned char, 5> const& head) {
  constexpr unsigned longest_high_byte = 0; // 64 KiB
  return head[2] == longest_high_byte && head[3] == 0 && (head[4] == 10 || head[4] == 0xff);
}

/// "Can't connect to server on 'h' (111)"
int errno_in(std::string const& text) {
  auto const open = text.rfind('(');
  int number = 0;
  if (open != std::string::npos) {
    std::from_chars(text.data() + open + 1, text.data() + text.size(), number);
  }
  return number;
}

using net::client_answer;

class libmariadb_session final : public net::client_session {
 public:
  explicit libmariadb_session(client_wishes const& with)
      : wishes_{with}, session_{mysql_init(nullptr)} {
    if (session_ == nullptr) {
      return;
    }
    auto* const session = session_.get();
    unsigned const off = 0;
    mysql_options(session, MYSQL_OPT_NONBLOCK, nullptr);
    mysql_options(session, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(session, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(session, MYSQL_OPT_MAX_ALLOWED_PACKET, &most_of_a_message);
    auto const& tls = with.tls;
    my_bool const verifies = tls.verifies ? 1 : 0;
    if (!tls.ca_file.empty() || !tls.certificate_file.empty() || !tls.verifies) {
      auto const given = [](std::string const& file) {
        return file.empty() ? nullptr : file.c_str();
      };
      mysql_ssl_set(session, given(tls.key_file), given(tls.certificate_file), given(tls.ca_file),
                    nullptr, nullptr);
      mysql_options(session, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verifies);
      secured_ = true;
      my_bool const needed = 1;
      mysql_options(session, MYSQL_OPT_SSL_ENFORCE, &needed);
    }
  }

  ~libmariadb_session() override { forget_rows(); }

  std::optional<client_answer> go_on() override {
    if (session_ == nullptr) {
      return client_answer{client_answer::kind::lost, {}, "out of memory", ENOMEM};
    }
    if (now_ == stage::connecting && greeting_ == greeting::not_due && is_connected()) {
      reached_ = true;
      greeting_ = greeting::awaited;
      return std::nullopt;
    }
    if (greeting_ == greeting::awaited && !is_greeted()) {
      return client_answer{client_answer::kind::foreign, {}, "no greeting of a MySQL server"};
    }
    for (unsigned rounds = 1;; ++rounds) {
      if (rounds % 256 == 0 && is_late()) { // rows come without an end
        return client_answer{
            client_answer::kind::lost, {}, "no complete answer in time", ETIMEDOUT};
      }
      if (waits_for_ != 0) {
        waits_for_ = proceed(waits_for_);
      } else {
        waits_for_ = start();
      }
      if (waits_for_ != 0) {
        return std::nullopt;
      }
      if (mysql_errno(session_.get()) != 0) {
        return failed();
      }
      reached_ = true;
      if (now_ == stage::over) {
        watch_.reset();
        wishes_.deadline = never;
        return std::exchange(answer_, {});
      }
    }
  }

  [[nodiscard]] int socket() const override {
    return static_cast<int>(mysql_get_socket(session_.get()));
  }
  [[nodiscard]] net::readiness wanted() const override {
    return (waits_for_ & MYSQL_WAIT_WRITE) != 0 && (waits_for_ & MYSQL_WAIT_READ) == 0 &&
                   greeting_ != greeting::awaited
               ? net::readiness::writable
               : net::readiness::readable;
  }
  [[nodiscard]] bool reached() const override { return reached_; }

  void ask(std::string_view statement) override {
    statement_ = statement;
    fetched_ = false;
    answer_ = {};
    now_ = stage::open;
  }
  [[nodiscard]] bool reusable() const override {
    return !lost_ && (session_->server_status & SERVER_STATUS_IN_TRANS) == 0;
  }

 private:
  enum class greeting : std::uint8_t { not_due, awaited, seen };
  enum class stage : std::uint8_t { closed, connecting, open, asking, fetching, to_next, over };

  [[nodiscard]] bool is_connected() const {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    return ::getpeername(socket(), reinterpret_cast<sockaddr*>(&peer), &size) == 0;
  }

  /// Before the library reads it, which goes on into TLS at once, and would wait for as many bytes
  /// as the first ones announce. What comes in drops is left to it.
  bool is_greeted() {
    greeting_ = greeting::seen;
    if (secured_) {
      watch_.emplace(socket(), wishes_.deadline);
    }
    std::array<unsigned char, 5> head{};
    auto const size = ::recv(socket(), head.data(), head.size(), MSG_PEEK | MSG_DONTWAIT);
    return size < static_cast<ssize_t>(head.size()) || begins_greeting(head);
  }

  [[nodiscard]] bool is_late() const {
    return std::chrono::steady_clock::now() >= wishes_.deadline;
  }

  /// Begins what is next; 0: it is done.
  int start() {
    auto* const session = session_.get();
    switch (now_) {
    case stage::closed:
      now_ = stage::connecting;
      return mysql_real_connect_start(
          &connected_, session, wishes_.address.c_str(), wishes_.user.c_str(),
          wishes_.password ? wishes_.password->c_str() : nullptr,
          wishes_.database.empty() ? nullptr : wishes_.database.c_str(), wishes_.port, nullptr, 0);
    case stage::connecting:
      ask(wishes_.asks == level::query ? wishes_.query : "");
      return 0;
    case stage::open:
      now_ = stage::asking;
      return statement_.empty()
                 ? mysql_ping_start(&result_, session)
                 : mysql_real_query_start(&result_, session, statement_.data(), statement_.size());
    case stage::asking:
    case stage::to_next:
      if (!statement_.empty() && mysql_field_count(session) > 0) {
        rows_ = mysql_use_result(session);
        now_ = stage::fetching;
        return rows_ != nullptr ? fetch() : 0;
      }
      return go_to_next_result();
    case stage::fetching:
      if (row_ != nullptr) {
        keep_first_value();
        return fetch(); // a row at a time, whatever the query returns
      }
      forget_rows();
      return go_to_next_result();
    case stage::over:
      break;
    }
    return 0;
  }

  int fetch() { return mysql_fetch_row_start(&row_, rows_); }

  /// A procedure that is called answers with several.
  int go_to_next_result() {
    if (statement_.empty() || mysql_more_results(session_.get()) == 0) {
      now_ = stage::over;
      return 0;
    }
    now_ = stage::to_next;
    return mysql_next_result_start(&result_, session_.get());
  }

  void keep_first_value() {
    if (!std::exchange(fetched_, true) && row_[0] != nullptr) {
      answer_.text.assign(row_[0], std::min<std::size_t>(mysql_fetch_lengths(rows_)[0], most_kept));
    }
  }

  /// Those that the server still sends are not waited for.
  void forget_rows() noexcept {
    if (rows_ != nullptr) {
      rows_->handle = nullptr;
      mysql_free_result(std::exchange(rows_, nullptr));
    }
  }

  int proceed(int ready) {
    switch (now_) {
    case stage::connecting:
      return mysql_real_connect_cont(&connected_, session_.get(), ready);
    case stage::asking:
      return statement_.empty() ? mysql_ping_cont(&result_, session_.get(), ready)
                                : mysql_real_query_cont(&result_, session_.get(), ready);
    case stage::to_next:
      return mysql_next_result_cont(&result_, session_.get(), ready);
    case stage::fetching:
      return mysql_fetch_row_cont(&row_, rows_, ready);
    case stage::closed:
    case stage::open:
    case stage::over:
      break;
    }
    return 0;
  }

  [[nodiscard]] client_answer failed() {
    watch_.reset();
    forget_rows();
    now_ = stage::over;
    auto const number = mysql_errno(session_.get());
    std::string text = mysql_error(session_.get());
    if (number < first_client_error || number > last_client_error) {
      return {client_answer::kind::refused, std::to_string(number), std::move(text)};
    }
    lost_ = true;
    if (is_nonsense(number)) {
      return {client_answer::kind::foreign, {}, std::move(text)};
    }
    if (is_late()) { // and it was hung up
      return {client_answer::kind::lost, {}, "no complete answer in time", ETIMEDOUT};
    }
    auto const system =
        number == server_gone || number == server_lost ? ECONNRESET : errno_in(text);
    return {client_answer::kind::lost, {}, std::move(text), system};
  }

  client_wishes wishes_;
  std::unique_ptr<MYSQL, close_session> session_;
  stage now_ = stage::closed;
  int waits_for_ = 0;
  MYSQL* connected_ = nullptr;
  int result_ = 0;
  std::string statement_; ///< ""; a ping
  MYSQL_RES* rows_ = nullptr;
  MYSQL_ROW row_ = nullptr;
  bool fetched_ = false; ///< the first row
  bool lost_ = false;
  bool reached_ = false;
  greeting greeting_ = greeting::not_due;
  bool secured_ = false;         ///< TLS is asked for
  std::optional<hang_up> watch_; ///< in a handshake of TLS the library blocks
  client_answer answer_;
};

} // namespace

} // namespace conecta::protocol

extern "C" conecta::net::client_session*
conecta_open_client_4(conecta::protocol::client_wishes const& with) {
  return new conecta::protocol::libmariadb_session{with};
}
