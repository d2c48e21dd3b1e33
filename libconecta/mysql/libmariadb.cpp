// The module "mysql": sessions by libmariadb, without blocking (its _start and _cont calls), with
// the plugins that it brings: mysql_native_password, caching_sha2_password, ed25519.

#include "protocol/client_session.hpp"

#include <mysql.h>

#include <cerrno>
#include <charconv>
#include <utility>

namespace conecta::protocol {

namespace {

struct close_session {
  void operator()(MYSQL* session) const noexcept { mysql_close(session); }
};

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

class libmariadb_session final : public client_session {
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
      if (waits_for_ != 0) {
        return std::nullopt;
      }
      if (mysql_errno(session_.get()) != 0) {
        return failed();
      }
      if (now_ == stage::over) {
        return client_answer{};
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
  [[nodiscard]] bool reached() const override { return wanted() == net::readiness::readable; }

 private:
  enum class stage : std::uint8_t { connecting, asking, fetching, over } now_ = stage::connecting;
  bool begun_ = false;

  /// Begins what is next; 0: it is done.
  int start() {
    auto* const session = session_.get();
    if (now_ == stage::connecting && !begun_) {
      begun_ = true;
      return mysql_real_connect_start(
          &connected_, session, wishes_.address.c_str(), wishes_.user.c_str(),
          wishes_.password ? wishes_.password->c_str() : nullptr,
          wishes_.database.empty() ? nullptr : wishes_.database.c_str(), wishes_.port, nullptr, 0);
    }
    if (now_ == stage::connecting) {
      now_ = stage::asking;
      if (wishes_.asks != level::query) {
        return mysql_ping_start(&result_, session);
      }
      return mysql_real_query_start(&result_, session, wishes_.query.data(), wishes_.query.size());
    }
    if (now_ == stage::asking && wishes_.asks == level::query && mysql_field_count(session) > 0) {
      now_ = stage::fetching;
      rows_ = mysql_use_result(session);
    }
    if (now_ == stage::fetching && rows_ != nullptr && (!fetched_ || row_ != nullptr)) {
      fetched_ = true;
      return mysql_fetch_row_start(&row_, rows_); // a row at a time, whatever the query returns
    }
    if (rows_ != nullptr) {
      mysql_free_result(std::exchange(rows_, nullptr));
    }
    now_ = stage::over;
    return 0;
  }

  int proceed(int ready) {
    switch (now_) {
    case stage::connecting:
      return mysql_real_connect_cont(&connected_, session_.get(), ready);
    case stage::asking:
      return wishes_.asks == level::query ? mysql_real_query_cont(&result_, session_.get(), ready)
                                          : mysql_ping_cont(&result_, session_.get(), ready);
    case stage::fetching:
      return mysql_fetch_row_cont(&row_, rows_, ready);
    case stage::over:
      break;
    }
    return 0;
  }

  [[nodiscard]] client_answer failed() const {
    auto const number = mysql_errno(session_.get());
    std::string text = mysql_error(session_.get());
    if (number < first_client_error || number > last_client_error) {
      return {client_answer::kind::refused, std::to_string(number), std::move(text)};
    }
    auto const system =
        number == server_gone || number == server_lost ? ECONNRESET : errno_in(text);
    return {client_answer::kind::lost, {}, std::move(text), system};
  }

  client_wishes wishes_;
  std::unique_ptr<MYSQL, close_session> session_;
  int waits_for_ = 0;
  MYSQL* connected_ = nullptr;
  int result_ = 0;
  MYSQL_RES* rows_ = nullptr;
  MYSQL_ROW row_ = nullptr;
  bool fetched_ = false;
};

} // namespace

} // namespace conecta::protocol

extern "C" conecta::protocol::client_session*
conecta_open_client_1(conecta::protocol::client_wishes const& with) {
  return new conecta::protocol::libmariadb_session{with};
}
