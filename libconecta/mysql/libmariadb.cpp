// The module "mysql": sessions by libmariadb, without blocking (its _start and _cont calls), with
// the plugins that it brings: mysql_native_password, caching_sha2_password, ed25519.

#include "protocol/client_session.hpp"

#include <mysql.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
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
    auto const& tls = with.tls;
    my_bool const verifies = tls.verifies ? 1 : 0;
    if (!tls.ca_file.empty() || !tls.certificate_file.empty() || !tls.verifies) {
      auto const given = [](std::string const& file) {
        return file.empty() ? nullptr : file.c_str();
      };
      mysql_ssl_set(session, given(tls.key_file), given(tls.certificate_file), given(tls.ca_file),
                    nullptr, nullptr);
      mysql_options(session, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verifies);
      my_bool const needed = 1;
      mysql_options(session, MYSQL_OPT_SSL_ENFORCE, &needed);
    }
  }

  ~libmariadb_session() override { forget_rows(); }

  std::optional<client_answer> go_on() override {
    if (session_ == nullptr) {
      return client_answer{client_answer::kind::lost, {}, "out of memory", ENOMEM};
    }
    for (;;) {
      if (waits_for_ != 0) {
        waits_for_ = proceed(waits_for_);
      } else {
        waits_for_ = start();
      }
      if (waits_for_ != 0) { // for the greeting, once it is connected
        reached_ = reached_ || wanted() == net::readiness::readable;
        return std::nullopt;
      }
      if (mysql_errno(session_.get()) != 0) {
        return failed();
      }
      reached_ = true;
      if (now_ == stage::over) {
        return std::exchange(answer_, {});
      }
    }
  }

  [[nodiscard]] int socket() const override {
    return static_cast<int>(mysql_get_socket(session_.get()));
  }
  [[nodiscard]] net::readiness wanted() const override {
    return (waits_for_ & MYSQL_WAIT_WRITE) != 0 && (waits_for_ & MYSQL_WAIT_READ) == 0
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
  enum class stage : std::uint8_t { closed, connecting, open, asking, fetching, to_next, over };

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
    forget_rows();
    now_ = stage::over;
    auto const number = mysql_errno(session_.get());
    std::string text = mysql_error(session_.get());
    if (number < first_client_error || number > last_client_error) {
      return {client_answer::kind::refused, std::to_string(number), std::move(text)};
    }
    lost_ = true;
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
  client_answer answer_;
};

} // namespace

} // namespace conecta::protocol

extern "C" conecta::net::client_session*
conecta_open_client_3(conecta::protocol::client_wishes const& with) {
  return new conecta::protocol::libmariadb_session{with};
}
