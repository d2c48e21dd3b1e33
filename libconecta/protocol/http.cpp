#include "protocol/http.hpp"

#include "base/base64.hpp"
#include "net/http_pieces.hpp"
#include "net/http_scanner.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <utility>

namespace conecta::protocol {

namespace {

namespace beast = boost::beast::http;

constexpr std::uint32_t longest_head = most_heard - 1024;
constexpr std::string_view http_response = "a response of HTTP/1.1";

/// With a user Basic, without one Bearer.
std::string authorization(std::string const& user, std::optional<std::string> const& password) {
  if (!user.empty()) {
    return "Authorization: Basic " + encode_base64(user + ":" + password.value_or("")) + "\r\n";
  }
  return password ? "Authorization: Bearer " + *password + "\r\n" : "";
}

std::string head(std::string_view method, std::string_view target, std::string_view host) {
  std::string text{method};
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host);
  return text + "\r\nUser-Agent: conecta\r\nAccept: */*\r\n";
}

class http_conversation final : public conversation {
 public:
  explicit http_conversation(http_options options) : options_{std::move(options)} { prepare(); }

  std::string begin() override {
    auto const* const method = options_.method == http_options::verb::head ? "HEAD" : "GET";
    return head(method, options_.target, options_.host) +
           (options_.stays ? "" : "Connection: close\r\n") +
           authorization(options_.user, options_.password) + "\r\n";
  }

  step hear(std::string_view unread) override {
    // The parser would wait for the end of a head first.
    constexpr std::string_view begins = "HTTP/1.";
    if (!parser_->got_some() && !unread.starts_with(begins.substr(0, unread.size()))) {
      return {.end = foreign(http_response, unread)};
    }
    if (net::lacks_end(*parser_, unread.size())) {
      return {};
    }
    boost::system::error_code problem;
    step made;
    made.used = parser_->put(boost::asio::buffer(unread), problem);
    if (parser_->is_header_done() &&
        net::is_interim_status(static_cast<int>(parser_->get().result_int()))) {
      prepare();
      return made;
    }
    if (parser_->is_header_done() && (!looks_into_body() || parser_->is_done())) {
      made.end = judge();
    } else if (problem == beast::error::body_limit || problem == beast::error::header_limit) {
      made.end = unready("oversized", "its answer is longer than 64 KiB");
    } else if (problem && problem != beast::error::need_more) {
      made.end = foreign(http_response, unread);
    }
    return made;
  }

  verdict closed(std::string_view unread) override {
    boost::system::error_code problem;
    if (parser_->is_header_done()) {
      parser_->put_eof(problem);
    }
    return parser_->is_header_done() && !problem ? judge() : conversation::closed(unread);
  }

  /// The body.
  [[nodiscard]] bool speaks_unasked() const override { return true; }

 private:
  using parser = beast::response_parser<beast::string_body>;

  void prepare() {
    parser_.emplace();
    parser_->header_limit(longest_head);
    if (looks_into_body()) {
      parser_->body_limit(most_heard);
    } else {
      parser_->body_limit(boost::none);
    }
    parser_->skip(options_.method == http_options::verb::head);
  }

  [[nodiscard]] bool looks_into_body() const {
    return options_.body_has && options_.method == http_options::verb::get;
  }

  [[nodiscard]] verdict judge() const {
    auto const& response = parser_->get();
    auto const status = response.result_int();
    auto const reason = response.reason();
    auto const detail = "status " + std::to_string(status) +
                        (reason.empty() ? "" : " " + std::string{reason.data(), reason.size()});
    if (options_.asks == level::handshake) {
      return ready();
    }
    if (status == 401 || status == 403 || status == 407) {
      return denied(detail);
    }
    if (options_.asks == level::query && (status < 200 || status > 399)) {
      return unready(status == 503 || status == 429 ? "unavailable" : "status", detail);
    }
    if (looks_into_body() && response.body().find(*options_.body_has) == std::string::npos) {
      return unready("body", "the body does not have the text that was looked for");
    }
    return ready();
  }

  http_options options_;
  std::optional<parser> parser_;
};

} // namespace

// RFC 6874: a zone is of this host alone.
std::string http_host(net::endpoint_url const& to) {
  auto known = to;
  known.host = to.host.substr(0, to.host.find('%'));
  if (!to.socket_path.empty()) {
    return "localhost";
  }
  auto const whole = known.host_and_port();
  std::uint16_t const usual_port = to.secure ? 443 : 80;
  return to.port == usual_port ? whole.substr(0, whole.rfind(':')) : whole;
}

std::string http_head(std::string_view method, std::string_view target,
                      net::endpoint_url const& to) {
  return head(method, target, http_host(to)) + authorization(to.user, to.password);
}

std::unique_ptr<conversation> speak_http(http_options options) {
  return std::make_unique<http_conversation>(std::move(options));
}

} // namespace conecta::protocol
