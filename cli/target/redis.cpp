// Redis: https://redis.io/docs/latest/develop/reference/protocol-spec/

#include "net/resp_scanner.hpp"
#include "protocol/conversation.hpp"
#include "target/conversations.hpp"
#include "target/store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

namespace conecta::target {

namespace {

std::string simple(std::string_view text) { return "+" + std::string{text} + "\r\n"; }
std::string resp_error(std::string_view text) { return "-" + std::string{text} + "\r\n"; }
std::string integer(long long number) { return ":" + std::to_string(number) + "\r\n"; }
std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string{text} + "\r\n";
}
constexpr std::string_view null_bulk = "$-1\r\n";

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> known_words{
    {{"LOADING", "Redis is loading the dataset in memory"},
     {"READONLY", "You can't write against a read only replica."},
     {"NOAUTH", "Authentication required."},
     {"BUSY", "Redis is busy running a script."},
     {"OOM", "command not allowed when used memory > 'maxmemory'."},
     {"MASTERDOWN", "Link with MASTER is down"},
     {"CLUSTERDOWN", "The cluster is down"}}};

std::string error_of(std::string_view word) {
  return resp_error(std::string{word} + " " + std::string{meaning_in(known_words, word)});
}

constexpr std::size_t most_words = std::size_t{1} << 20; ///< as Redis has it

/// How many strings an array announces; none of one that is null or empty.
std::size_t words_announced(std::string_view array) {
  std::size_t count = 0;
  std::from_chars(array.data() + 1, array.data() + array.size(), count);
  return count;
}

/// The strings of an array, or of a line; none: it is no request.
std::optional<std::vector<std::string>> command_words(std::string_view request) {
  // It has ended: one that has not is not found.
  auto const line = [&request] {
    std::size_t size = 0;
    auto const text = protocol::first_line(request, size).value_or("");
    request.remove_prefix(size);
    return text;
  };
  if (!request.starts_with('*')) {
    return words_of(line());
  }
  auto const announced = words_announced(line());
  std::vector<std::string> words;
  while (!request.empty()) {
    auto const head = line();
    std::size_t size = 0;
    if (!head.starts_with('$') ||
        std::from_chars(head.data() + 1, head.data() + head.size(), size).ec != std::errc{} ||
        request.size() < size + 2) {
      return std::nullopt;
    }
    words.emplace_back(request.substr(0, size));
    request.remove_prefix(size + 2);
  }
  return words.size() == announced ? std::optional{words} : std::nullopt;
}

class redis final : public one_by_one {
 public:
  explicit redis(std::shared_ptr<store> shared) : shared_{std::move(shared)} {}

  whole_frames find(std::string_view received, std::size_t, std::size_t) override {
    if (!received.starts_with('*')) {
      auto const end = received.find('\n');
      return end == std::string_view::npos ? whole_frames{} : whole_frames{1, end + 1};
    }
    if (received.find('\n') != std::string_view::npos && words_announced(received) > most_words) {
      return {1, received.size()};
    }
    auto const seen = scanner_.examine(received);
    if (seen == net::resp_scanner::progress::need_more) {
      return {};
    }
    auto const length =
        seen == net::resp_scanner::progress::complete ? scanner_.length() : received.size();
    scanner_ = {};
    return {1, length};
  }

  said answer(std::string_view request, std::size_t) override {
    auto words = command_words(request);
    if (!words) {
      return say(resp_error("ERR Protocol error"), true);
    }
    if (words->empty()) { // as Redis has it: an empty line is none
      return {};
    }
    std::ranges::transform((*words)[0], (*words)[0].begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return say(obey(*words), (*words)[0] == "QUIT");
  }

  [[nodiscard]] bool can_refuse(std::string_view request, std::string_view) const override {
    return !request.empty();
  }
  said refuse(std::string_view, std::string_view code) override { return say(error_of(code)); }

 private:
  std::string obey(std::vector<std::string> const& words) {
    auto const& name = words[0];
    auto const given = words.size() - 1;
    if (name == "PING") {
      return given == 0 ? simple("PONG") : bulk(words[1]);
    }
    if (name == "AUTH" || name == "SELECT" || name == "CLIENT" || name == "QUIT") {
      return simple("OK");
    }
    if (name == "FLUSHALL") {
      shared_->clear();
      return simple("OK");
    }
    if (name == "DBSIZE") {
      return integer(static_cast<long long>(shared_->size()));
    }
    if (name == "ROLE") {
      return "*3\r\n" + bulk("master") + integer(0) + "*0\r\n";
    }
    if (name == "INFO") {
      return bulk("# Server\r\nredis_version:7.0.0\r\n# Replication\r\nrole:master\r\n");
    }
    if (name == "COMMAND") {
      return "*0\r\n";
    }
    if (name == "ECHO" && given == 1) {
      return bulk(words[1]);
    }
    if (name == "SET" && given >= 2) {
      return shared_->put(words[1], words[2]) ? simple("OK") : error_of("OOM");
    }
    if (name == "GET" && given == 1) {
      auto const* const value = shared_->find(words[1]);
      return value != nullptr ? bulk(*value) : std::string{null_bulk};
    }
    if (name == "INCR" && given == 1) {
      return increased(words[1]);
    }
    if ((name == "DEL" || name == "EXISTS") && given >= 1) {
      return integer(std::count_if(words.begin() + 1, words.end(), [&](auto const& key) {
        return name == "DEL" ? shared_->erase(key) : shared_->find(key) != nullptr;
      }));
    }
    for (auto const* const known : {"ECHO", "SET", "GET", "INCR", "DEL", "EXISTS"}) {
      if (name == known) {
        return resp_error("ERR wrong number of arguments for '" + name + "' command");
      }
    }
    return resp_error("ERR unknown command");
  }

  std::string increased(std::string const& key) {
    long long number = 0;
    if (auto const* const value = shared_->find(key)) {
      auto const* const end = value->data() + value->size();
      auto const read = std::from_chars(value->data(), end, number);
      if (read.ec != std::errc{} || read.ptr != end ||
          number == std::numeric_limits<long long>::max()) {
        return resp_error("ERR value is not an integer or out of range");
      }
    }
    ++number;
    return shared_->put(key, std::to_string(number)) ? integer(number)
                                                     : resp_error("OOM command not allowed");
  }

  std::shared_ptr<store> shared_;
  net::resp_scanner scanner_;
};

} // namespace

std::unique_ptr<conversation> converse_redis(std::shared_ptr<store> shared) {
  return std::make_unique<redis>(std::move(shared));
}

} // namespace conecta::target
