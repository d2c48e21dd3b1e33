#include "wire/http_server.hpp"

#include "net/http_pieces.hpp"
#include "wire/outbox.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <optional>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace conecta::wire {

namespace {

namespace http = boost::beast::http;
using parser = http::request_parser<http::string_body>;

constexpr std::uint32_t most_header = 8192;
constexpr std::uint64_t most_body = std::uint64_t{1} << 20;
constexpr std::size_t most_connections = 64;
constexpr std::size_t most_spurned = 64; ///< who are told so; further ones are just closed
constexpr duration request_limit = std::chrono::seconds{10};
constexpr duration idle_limit = std::chrono::seconds{60};
constexpr duration farewell_limit = std::chrono::seconds{2};

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return made;
}

std::string_view reason_of(unsigned status) {
  auto const known = http::obsolete_reason(http::int_to_status(status));
  return {known.data(), known.size()};
}

enum class connection_end : std::uint8_t { stays, closes };

/// To a HEAD the head alone is sent, as a GET would get it.
enum class answer_part : std::uint8_t { whole, head };

std::string as_text(http_response const& response, connection_end end, answer_part part) {
  auto text = "HTTP/1.1 " + std::to_string(response.status) + " " +
              std::string{reason_of(response.status)} + "\r\n";
  if (response.status != 204) {
    text += "Content-Type: application/json\r\nContent-Length: " +
            std::to_string(response.body.size()) + "\r\n";
  }
  text += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (!response.allow.empty()) {
    text += "Allow: " + response.allow + "\r\n";
  }
  if (end == connection_end::closes) {
    text += "Connection: close\r\n";
  }
  text += "\r\n";
  return part == answer_part::whole ? text + response.body : text;
}

/// The reason that a request cannot be read for.
http_response refusal_of(boost::system::error_code why) {
  if (why == http::error::header_limit) {
    return http_refusal(431, {"the header is longer than 8 KiB"});
  }
  if (why == http::error::body_limit) {
    return http_refusal(413, {"the body is longer than 1 MiB"});
  }
  return http_refusal(400, {"not a request of HTTP/1.1: " + why.message()});
}

/// Whether a Host is an address or localhost, with or without a port.
bool is_own_name(std::string host) {
  if (auto const colon = host.rfind(':');
      colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    host.resize(colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return lower(host) == "localhost" || address::numeric(host, 0).has_value();
}

} // namespace

http_response http_refusal(unsigned status, std::vector<std::string> const& errors) {
  auto const body = nlohmann::ordered_json{{"errors", errors}};
  // What came from elsewhere may be no UTF-8.
  using json = nlohmann::ordered_json;
  return {status, body.dump(2, ' ', true, json::error_handler_t::replace) + "\n", {}};
}

/// One client. A request is read to its end, answered, and the answer sent, before the next one is
/// looked at.
class http_server::connection final : public event_loop::watcher, private event_loop::alarm {
 public:
  enum class welcome : std::uint8_t { served, spurned };

  connection(http_server& of, descriptor socket, welcome how)
      : owner_{&of}, socket_{std::move(socket)}, welcome_{how} {
    loop().watch_connection(socket_.get(), *this);
    begin_request();
    if (how == welcome::spurned) {
      refuse(http_refusal(
          503, {std::to_string(most_connections) + " connections are open; no more are served"}));
    }
  }
  ~connection() override { loop().disarm(*this); }

  [[nodiscard]] welcome how() const noexcept { return welcome_; }

 private:
  enum class phase : std::uint8_t { reading, closing, over };

  void on_ready(std::uint32_t) override {
    if (phase_ == phase::over || !flush()) {
      return;
    }
    if (phase_ == phase::closing) {
      say_farewell();
      return;
    }
    read();
  }

  void on_alarm() override {
    if (phase_ == phase::reading && begun_) {
      refuse(http_refusal(408, {"the request took longer than 10 s"}));
    } else {
      finish();
    }
  }

  void begin_request() {
    parser_.emplace();
    parser_->header_limit(most_header);
    parser_->body_limit(most_body);
    told_to_continue_ = false;
    loop().arm(*this, loop().now() + (received_.empty() ? idle_limit : request_limit));
  }

  void read() {
    std::array<char, 16384> scratch;
    while (phase_ == phase::reading && out_.empty()) {
      auto const size = ::recv(socket_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
      if (size > 0) {
        if (!begun_) {
          begun_ = true;
          loop().arm(*this, loop().now() + request_limit);
        }
        received_.append(scratch.data(), static_cast<std::size_t>(size));
        parse();
      } else if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return;
      } else if (size == 0 || errno != EINTR) {
        finish();
      }
    }
  }

  void parse() {
    while (phase_ == phase::reading && out_.empty() && !received_.empty() &&
           !net::lacks_end(*parser_, received_.size())) {
      boost::system::error_code failed;
      auto const taken = parser_->put(boost::asio::buffer(received_), failed);
      received_.erase(0, taken);
      if (failed && failed != http::error::need_more) {
        refuse(refusal_of(failed));
        return;
      }
      if (!parser_->is_done()) {
        tell_to_continue();
        if (taken == 0 || failed) {
          return;
        }
        continue;
      }
      respond();
    }
  }

  void tell_to_continue() {
    auto const& head = parser_->get();
    if (parser_->is_header_done() && !told_to_continue_ &&
        lower(field(head, http::field::expect)) == "100-continue") {
      told_to_continue_ = true;
      send("HTTP/1.1 100 Continue\r\n\r\n");
    }
  }

  void respond() {
    auto& message = parser_->get();
    bool const names_host = message.find(http::field::host) != message.end();
    if (message.version() >= 11 && !names_host) {
      refuse(http_refusal(400, {"a request of HTTP/1.1 has a Host"}));
      return;
    }
    auto const type = field(message, http::field::content_type);
    auto media = lower(type.substr(0, type.find(';')));
    media.erase(media.find_last_not_of(" \t") + 1);
    bool const head_only = message.method() == http::verb::head;
    http_request const asked{.method = head_only ? "GET" : std::string{message.method_string()},
                             .target = {message.target().data(), message.target().size()},
                             .content_type = std::move(media),
                             .body = std::move(message.body())};
    auto const answer = answer_to(asked, names_host);
    auto const end = message.keep_alive() ? connection_end::stays : connection_end::closes;
    phase_ = end == connection_end::stays ? phase::reading : phase::closing;
    begun_ = !received_.empty();
    begin_request();
    send(as_text(answer, end, head_only ? answer_part::head : answer_part::whole));
  }

  /// Pages are kept out: they bring an Origin, or the name by which they found this machine.
  [[nodiscard]] http_response answer_to(http_request const& asked, bool names_host) const {
    auto const& message = parser_->get();
    if (message.find(http::field::origin) != message.end()) {
      return http_refusal(403,
                          {"a request with an Origin comes from a page; pages are not served"});
    }
    if (names_host && owner_->where().is_loopback() &&
        !is_own_name(std::string{field(message, http::field::host)})) {
      return http_refusal(403, {"the Host of a request is an address or localhost"});
    }
    return owner_->answer(asked);
  }

  void refuse(http_response const& why) {
    phase_ = phase::closing;
    received_.clear();
    send(as_text(why, connection_end::closes, answer_part::whole));
    loop().again(*this);
  }

  [[nodiscard]] static std::string_view field(parser::value_type const& message, http::field name) {
    auto const value = message[name];
    return {value.data(), value.size()};
  }

  void send(std::string_view text) {
    out_.push(text, loop().now());
    loop().again(*this);
  }

  /// Whether all has been sent.
  [[nodiscard]] bool flush() {
    switch (out_.flush(socket_.get(), loop().now())) {
    case sending::done:
      if (phase_ == phase::reading) {
        parse(); // what came behind the request that was answered
      }
      return phase_ != phase::over && out_.empty();
    case sending::failed:
      finish();
      return false;
    case sending::waiting:
    case sending::blocked:
      return false;
    }
    return false;
  }

  /// Closed with bytes unread, the kernel would reset it, and the answer might be lost.
  void say_farewell() {
    if (!ended_) {
      ended_ = true;
      ::shutdown(socket_.get(), SHUT_WR);
      loop().arm(*this, loop().now() + farewell_limit);
    }
    std::array<char, 16384> scratch;
    constexpr int at_once = 16;
    for (int i = 0; i < at_once; ++i) {
      auto const size = ::recv(socket_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return;
      }
      if (size == 0 || (size < 0 && errno != EINTR)) {
        finish();
        return;
      }
    }
    loop().again(*this);
  }

  void finish() {
    phase_ = phase::over;
    loop().disarm(*this);
    socket_.close();
    owner_->drop(*this);
  }

  [[nodiscard]] event_loop& loop() const noexcept { return owner_->thread_.loop(); }

  http_server* owner_;
  descriptor socket_;
  welcome welcome_;
  phase phase_ = phase::reading;
  bool begun_ = false; ///< bytes of a request have arrived
  bool ended_ = false;
  bool told_to_continue_ = false;
  std::string received_;
  std::optional<parser> parser_;
  outbox out_;
};

http_server::http_server(address const& at, handler answer)
    : answer_{std::move(answer)},
      listener_{thread_.loop(), at, [this](descriptor socket) { take(std::move(socket)); }} {
  thread_.start("control");
}

http_server::~http_server() { stop(); }

void http_server::stop() {
  thread_.stop();
  listener_.close();
  connections_.clear();
}

void http_server::take(descriptor socket) {
  using welcome = connection::welcome;
  auto const how =
      connections_.size() - spurned_ < most_connections ? welcome::served : welcome::spurned;
  if (how == welcome::spurned && ++spurned_ > most_spurned) {
    --spurned_;
    return;
  }
  auto made = std::make_unique<connection>(*this, std::move(socket), how);
  connections_.emplace(made.get(), std::move(made));
}

void http_server::drop(connection& which) {
  auto const found = connections_.find(&which);
  spurned_ -= which.how() == connection::welcome::spurned ? 1 : 0;
  thread_.loop().retire(std::move(found->second));
  connections_.erase(found);
}

http_response http_server::answer(http_request const& asked) const {
  try {
    return answer_(asked);
  } catch (std::exception const& failed) {
    return http_refusal(500, {failed.what()});
  }
}

} // namespace conecta::wire
