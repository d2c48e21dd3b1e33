#include "net/framing.hpp"

// A reply is at most 1 MiB, so this is enough for every sane pattern and ends the others in time.
#define BOOST_REGEX_MAX_STATE_COUNT 10000000
#include <boost/regex.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace conecta::net {
namespace {

template <class... Handlers>
struct overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
overloaded(Handlers...) -> overloaded<Handlers...>;

frame_result counted(std::size_t wanted, std::size_t received) noexcept {
  if (wanted > max_reply_size) {
    return {frame_status::oversized, 0};
  }
  return received >= wanted ? frame_result{frame_status::complete, wanted} : frame_result{};
}

frame_result scanned(resp_scanner& by, std::string_view received) {
  switch (by.examine(received)) {
  case resp_scanner::progress::complete:
    return {frame_status::complete, by.length()};
  case resp_scanner::progress::malformed:
    return {frame_status::malformed, 0};
  case resp_scanner::progress::need_more:
    break;
  }
  return {received.size() >= max_reply_size ? frame_status::oversized : frame_status::need_more, 0};
}

frame_result scanned(http_scanner& by, std::string_view received) {
  switch (by.examine(received)) {
  case http_scanner::progress::complete:
    return {frame_status::complete, by.length(), !by.keeps_alive()};
  case http_scanner::progress::malformed:
    return {frame_status::malformed, 0};
  case http_scanner::progress::oversized:
    return {frame_status::oversized, 0};
  case http_scanner::progress::need_more:
    break;
  }
  return {received.size() >= 2 * max_reply_size ? frame_status::oversized : frame_status::need_more,
          0};
}

} // namespace

framer::framer(reply_framing const& framing, std::size_t request_size) noexcept
    : framing_{&framing}, request_size_{request_size} {
  if (std::holds_alternative<resp_reply>(framing)) {
    scanner_.emplace<resp_scanner>();
  } else if (auto const* const http = std::get_if<http_response>(&framing)) {
    scanner_.emplace<http_scanner>(http->how);
  }
}

frame_result framer::examine(std::string_view received) {
  auto const search = [&](until_delimiter const& end) -> frame_result {
    std::size_t const overlap = end.delimiter.size() - (end.delimiter.empty() ? 0 : 1);
    std::size_t const from = searched_ > overlap ? searched_ - overlap : 0;
    std::size_t const found = received.find(end.delimiter, from);
    searched_ = received.size();
    if (found != std::string_view::npos && found + end.delimiter.size() <= max_reply_size) {
      return {frame_status::complete, found + end.delimiter.size()};
    }
    return {received.size() >= max_reply_size ? frame_status::oversized : frame_status::need_more,
            0};
  };
  return std::visit(
      overloaded{
          search,
          [&](exact_bytes const& exact) { return counted(exact.count, received.size()); },
          [&](as_sent const&) { return counted(request_size_, received.size()); },
          [&](until_close const&) -> frame_result {
            return {received.size() > max_reply_size ? frame_status::oversized
                                                     : frame_status::need_more,
                    0};
          },
          [](no_reply const&) -> frame_result { return {frame_status::complete, 0}; },
          [&](client_value const&) -> frame_result {
            return {frame_status::complete, received.size()};
          },
          [&](one_datagram const&) -> frame_result {
            return {frame_status::complete, received.size()};
          },
          [&](beginning const& start) -> frame_result {
            auto const seen = received.substr(0, start.text.size());
            if (!start.text.starts_with(seen)) {
              return {frame_status::complete, received.size()};
            }
            return seen.size() < start.text.size()
                       ? frame_result{}
                       : frame_result{frame_status::complete, seen.size()};
          },
          [&](resp_reply const&) { return scanned(std::get<resp_scanner>(scanner_), received); },
          [&](http_response const&) { return scanned(std::get<http_scanner>(scanner_), received); },
      },
      *framing_);
}

frame_result framer::examine_at_end(std::string_view received) {
  frame_result const seen = examine(received);
  if (seen.status != frame_status::need_more) {
    return seen;
  }
  if (std::holds_alternative<until_close>(*framing_)) {
    return {frame_status::complete, received.size()};
  }
  if (auto* const http = std::get_if<http_scanner>(&scanner_);
      http != nullptr && http->examine_at_end() == http_scanner::progress::complete) {
    return {frame_status::complete, received.size(), true};
  }
  return {frame_status::truncated, 0};
}

struct pattern::compiled {
  boost::regex program;
};

pattern::pattern(std::string text, std::shared_ptr<compiled const> program)
    : text_{std::move(text)}, program_{std::move(program)} {}

std::optional<pattern> pattern::compile(std::string text, std::string& error) {
  try {
    auto program = std::make_shared<compiled const>(compiled{boost::regex{text}});
    return pattern{std::move(text), std::move(program)};
  } catch (std::exception const& thrown) {
    error = thrown.what();
    return std::nullopt;
  }
}

bool pattern::found_in(std::string_view bytes) const noexcept {
  try {
    return boost::regex_search(bytes.begin(), bytes.end(), program_->program);
  } catch (std::exception const&) {
    return false;
  }
}

bool expectation::empty() const noexcept {
  return !equals && !prefix && !regex && !min_bytes && !same_as_sent && !no_resp_error &&
         !http_success;
}

match_failure mismatch(expectation const& wanted, std::string_view request,
                       std::string_view reply) noexcept {
  if (wanted.min_bytes && reply.size() < *wanted.min_bytes) {
    return match_failure::too_short;
  }
  if (wanted.no_resp_error && (reply.starts_with('-') || reply.starts_with('!'))) {
    return match_failure::resp_error;
  }
  if (auto const status = wanted.http_success ? http_status_of(reply) : 200;
      status < 200 || status > 399) {
    return match_failure::http_status;
  }
  if (wanted.same_as_sent && reply != request) {
    return match_failure::not_as_sent;
  }
  if (wanted.equals && reply != *wanted.equals) {
    return match_failure::not_equal;
  }
  if (wanted.prefix && !reply.starts_with(*wanted.prefix)) {
    return match_failure::no_prefix;
  }
  if (wanted.regex && !wanted.regex->found_in(reply)) {
    return match_failure::no_regex_match;
  }
  return match_failure::none;
}

std::string describe(match_failure failure, expectation const& wanted) {
  switch (failure) {
  case match_failure::none:
    return "as expected";
  case match_failure::not_equal:
    return "is not the expected text";
  case match_failure::no_prefix:
    return "does not begin with the expected prefix";
  case match_failure::no_regex_match:
    return "does not match /" + (wanted.regex ? wanted.regex->text() : std::string{}) + "/";
  case match_failure::too_short:
    return "is shorter than " + std::to_string(wanted.min_bytes.value_or(0)) + " bytes";
  case match_failure::not_as_sent:
    return "differs from what was sent";
  case match_failure::resp_error:
    return "is an error";
  case match_failure::http_status:
    return "is no success";
  }
  return "is unknown";
}

} // namespace conecta::net
