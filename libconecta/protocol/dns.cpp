#include "protocol/dns.hpp"

#include "protocol/octets.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace conecta::protocol {

namespace {

constexpr std::uint64_t is_answer = 0x8000;
constexpr std::uint64_t is_truncated = 0x0200;
constexpr std::uint64_t wants_recursion = 0x0100;
constexpr std::uint64_t rcode_bits = 0x000f;
constexpr std::uint64_t of_the_internet = 1;

constexpr std::array record_types{std::pair{std::string_view{"A"}, std::uint16_t{1}},
                                  std::pair{std::string_view{"NS"}, std::uint16_t{2}},
                                  std::pair{std::string_view{"CNAME"}, std::uint16_t{5}},
                                  std::pair{std::string_view{"SOA"}, std::uint16_t{6}},
                                  std::pair{std::string_view{"PTR"}, std::uint16_t{12}},
                                  std::pair{std::string_view{"MX"}, std::uint16_t{15}},
                                  std::pair{std::string_view{"TXT"}, std::uint16_t{16}},
                                  std::pair{std::string_view{"AAAA"}, std::uint16_t{28}},
                                  std::pair{std::string_view{"SRV"}, std::uint16_t{33}}};

/// As in a message: each label with its length before it, and the root's, which is empty.
std::string labels_of(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    auto const label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return out + '\0';
}

verdict judge_rcode(std::uint64_t rcode, std::uint64_t answers) {
  constexpr std::uint64_t failed = 2;
  constexpr std::uint64_t no_such_name = 3;
  constexpr std::uint64_t refused = 5;
  switch (rcode) {
  case 0:
    return answers > 0 ? ready() : unready("no_record", "there is no such record");
  case failed:
    return unready("failed", "SERVFAIL");
  case no_such_name:
    return unready("no_name", "NXDOMAIN");
  case refused:
    return unready("refused", "REFUSED");
  default:
    return unready("error", "its code is " + std::to_string(rcode));
  }
}

class dns_conversation final : public conversation {
 public:
  explicit dns_conversation(dns_options options) : options_{std::move(options)} {}

  std::string begin() override {
    question_ = labels_of(options_.name) + number(options_.type, 2, order::big) +
                number(of_the_internet, 2, order::big);
    auto const message = number(options_.id, 2, order::big) +
                         number(wants_recursion, 2, order::big) + number(1, 2, order::big) +
                         std::string(6, '\0') + question_;
    return options_.has_lengths ? number(message.size(), 2, order::big) + message : message;
  }

  step hear(std::string_view unread) override {
    if (!options_.has_lengths) {
      return heard(unread, unread.size());
    }
    reader reads{unread};
    auto const size = reads.number(2, order::big);
    auto const message = size ? reads.bytes(*size) : std::nullopt;
    return message ? heard(*message, *size + 2) : step{};
  }

 private:
  step heard(std::string_view message, std::size_t size) {
    reader reads{message};
    auto const id = reads.number(2, order::big);
    auto const flags = reads.number(2, order::big);
    auto const questions = reads.number(2, order::big);
    auto const answers = reads.number(2, order::big);
    bool const has_head = answers && reads.bytes(4) && (*flags & is_answer) != 0;
    if (!has_head) {
      return {.end = foreign("an answer of DNS", message)};
    }
    // A server that cannot read the question may leave it out.
    bool const is_ours =
        id == options_.id && (*questions == 0 || reads.bytes(question_.size()) == question_);
    if (!is_ours) {
      return options_.has_lengths ? step{.end = foreign("the answer to what was asked", message)}
                                  : step{.used = size};
    }
    if ((*flags & is_truncated) != 0 && !options_.has_lengths) {
      return {.used = size, .end = unready("truncated", "it does not fit into a datagram")};
    }
    return {.used = size,
            .end = options_.asks == level::query ? judge_rcode(*flags & rcode_bits, *answers)
                                                 : ready()};
  }

  dns_options options_;
  std::string question_;
};

} // namespace

std::unique_ptr<conversation> speak_dns(dns_options options) {
  return std::make_unique<dns_conversation>(std::move(options));
}

std::optional<std::uint16_t> dns_type(std::string_view name) noexcept {
  for (auto const& [each, type] : record_types) {
    if (each == name) {
      return type;
    }
  }
  return std::nullopt;
}

bool is_dns_name(std::string_view name) noexcept {
  if (name.size() > 253) {
    return false;
  }
  while (!name.empty()) {
    auto const label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > 63) {
      return false;
    }
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return true;
}

} // namespace conecta::protocol
