// HTTP/1.1, RFC 9112.

#include "target/conversations.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace conecta::target {

namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr std::size_t longest_body = std::size_t{1} << 20; ///< no request is longer

bool is_same(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](char a, char b) {
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a) == lower(b);
  });
}

struct request_head {
  std::size_t size = 0; ///< with the empty line
  std::string_view method;
  bool keeps_alive = true;
  bool understood = true;
  bool has_length = false;
  std::size_t body = 0;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

void read_field(std::string_view line, request_head& into) {
  auto const colon = line.find(':');
  auto const name = line.substr(0, colon);
  auto const value = colon == std::string_view::npos ? "" : trimmed(line.substr(colon + 1));
  if (is_same(name, "Content-Length")) {
    auto const* const end = value.data() + value.size();
    auto const read = std::from_chars(value.data(), end, into.body);
    into.understood = into.understood && !into.has_length && read.ec == std::errc{} &&
                      read.ptr == end && into.body <= longest_body;
    into.has_length = true;
  } else if (is_same(name, "Transfer-Encoding")) {
    into.understood = false;
  } else if (is_same(name, "Connection")) {
    into.keeps_alive =
        !is_same(value, "close") && (into.keeps_alive || is_same(value, "keep-alive"));
  }
}

/// None: it has not ended.
std::optional<request_head> head_of(std::string_view received) {
  auto const end = received.find(end_of_head);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  request_head made;
  made.size = end + end_of_head.size();
  auto rest = received.substr(0, end);
  auto const line = rest.substr(0, rest.find("\r\n"));
  made.method = line.substr(0, line.find(' '));
  made.keeps_alive = line.ends_with(" HTTP/1.1");
  made.understood =
      line.find(' ') != std::string_view::npos && (made.keeps_alive || line.ends_with(" HTTP/1.0"));
  rest.remove_prefix(line.size());
  while (!rest.empty()) {
    rest.remove_prefix(2);
    auto const field = rest.substr(0, rest.find("\r\n"));
    read_field(field, made);
    rest.remove_prefix(field.size());
  }
  return made;
}

class http final : public one_by_one {
 public:
  explicit http(target_options const& options) : options_{options} {}

  whole_frames find(std::string_view received, std::size_t, std::size_t) override {
    auto const head = head_of(received);
    if (!head) {
      return {};
    }
    if (!head->understood) {
      return {1, received.size()};
    }
    auto const length = head->size + head->body;
    return received.size() < length ? whole_frames{} : whole_frames{1, length};
  }

  said answer(std::string_view request, std::size_t) override {
    auto const head = head_of(request).value();
    if (!head.understood) {
      return respond(head, 400,
                     "what Conecta understands has a length of at most 1 MiB, and no chunks\n");
    }
    return respond(head, 200, options_.reply ? std::string_view{*options_.reply} : "ok\n");
  }

  [[nodiscard]] bool can_refuse(std::string_view request, std::string_view) const override {
    return !request.empty();
  }
  said refuse(std::string_view request, std::string_view code) override {
    unsigned status = 0;
    std::from_chars(code.data(), code.data() + code.size(), status);
    return respond(head_of(request).value(), status, "injected\n");
  }

 private:
  said respond(request_head const& to, unsigned status, std::string_view body) {
    auto const reason =
        boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    bool const closes = !to.keeps_alive || !to.understood;
    std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
    text.append(reason.data(), reason.size());
    text += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    text += closes ? "Connection: close\r\n\r\n" : "\r\n";
    return say(std::move(text) + std::string{to.method == "HEAD" ? "" : body}, closes);
  }

  target_options const& options_;
};

} // namespace

std::unique_ptr<conversation> converse_http(target_options const& options) {
  return std::make_unique<http>(options);
}

} // namespace conecta::target
