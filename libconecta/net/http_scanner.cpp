#include "net/http_scanner.hpp"

#include "net/framing.hpp"
#include "net/http_pieces.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <charconv>

namespace conecta::net {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using http_text = boost::beast::string_view;

constexpr std::uint32_t longest_head = 64 * 1024;

} // namespace

/// Beast's, which keeps nothing but the status.
class http_scanner::parser final : public http::basic_parser<false> {
 public:
  explicit parser(asked how) {
    header_limit(longest_head);
    body_limit(max_reply_size);
    skip(how == asked::head);
  }

  int status = 0;

 private:
  void on_request_impl(http::verb, http_text, http_text, int, error_code&) override {}
  void on_response_impl(int code, http_text, int, error_code&) override { status = code; }
  void on_field_impl(http::field, http_text, http_text, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(http_text body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, http_text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, http_text body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
};

http_scanner::http_scanner(asked how) : how_{how}, parser_{std::make_unique<parser>(how)} {}
http_scanner::http_scanner(http_scanner&&) noexcept = default;
http_scanner& http_scanner::operator=(http_scanner&&) noexcept = default;
http_scanner::~http_scanner() = default;

/// Whether the parser may see it: heads when they are whole, as it judges a part by how much came.
http_scanner::progress http_scanner::examine_start(std::string_view rest) {
  if (parser_->got_some()) {
    return lacks_end(*parser_, rest.size()) ? progress::need_more : progress::complete;
  }
  constexpr std::string_view begins = "HTTP/1.";
  constexpr std::string_view ends = "\r\n\r\n";
  if (!rest.starts_with(begins.substr(0, rest.size()))) {
    return progress::malformed;
  }
  auto const from = std::max(searched_, ends.size()) - ends.size();
  if (rest.substr(0, longest_head).find(ends, from) != std::string_view::npos) {
    searched_ = 0;
    return progress::complete;
  }
  searched_ = rest.size();
  return rest.size() < longest_head ? progress::need_more : progress::oversized;
}

http_scanner::progress http_scanner::examine(std::string_view received) {
  while (done_ < received.size()) {
    auto const rest = received.substr(done_);
    if (auto const seen = examine_start(rest); seen != progress::complete) {
      return seen;
    }
    error_code problem;
    done_ += parser_->put(boost::asio::buffer(rest), problem);
    if (problem == http::error::body_limit || problem == http::error::header_limit) {
      return progress::oversized;
    }
    if (problem) {
      return problem == http::error::need_more ? progress::need_more : progress::malformed;
    }
    if (parser_->is_done()) {
      if (!is_interim_status(parser_->status)) {
        return progress::complete;
      }
      parser_ = std::make_unique<parser>(how_);
    }
  }
  return progress::need_more;
}

http_scanner::progress http_scanner::examine_at_end() {
  error_code problem;
  if (parser_->got_some()) {
    parser_->put_eof(problem);
  }
  return parser_->is_done() && !problem ? progress::complete : progress::malformed;
}

bool http_scanner::keeps_alive() const noexcept { return parser_->keep_alive(); }

int http_status_of(std::string_view response) noexcept {
  constexpr std::string_view version = "HTTP/1.1 ";
  int status = 0;
  while (response.size() >= version.size() + 3 && response.starts_with("HTTP/1.")) {
    auto const* const digits = response.data() + version.size();
    std::from_chars(digits, digits + 3, status);
    auto const end = response.find("\r\n\r\n");
    if (!is_interim_status(status) || end == std::string_view::npos) {
      return status;
    }
    response.remove_prefix(end + 4);
  }
  return status;
}

} // namespace conecta::net
