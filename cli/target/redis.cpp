// Redis: https://redis.io/docs/latest/develop/reference/protocol-spec/

#include "net/resp_scanner.hpp"
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

std::string_view meaning_of_word(std::string_view code) {
  constexpr std::array known{
      std::pair{std::string_view{"LOADING"}, "Redis is loading the dataset in memory"},
      std::pair{std::string_view{"READONLY"}, "You can't write against a read only replica."},
      std::pair{std::string_view{"NOAUTH"}, "Authentication required."},
      std::pair{std::string_view{"BUSY"}, "Redis is busy running a script."},
      std::pair{std::string_view{"OOM"}, "command not allowed when used memory > 'maxmemory'."},
      std::pair{std::string_view{"MASTERDOWN"}, "Link with MASTER is down"},
      std::pair{std::string_view{"CLUSTERDOWN"}, "The cluster is down"}};
  auto const found =
      std::ranges::find_if(known, [&](auto const& each) { return each.first == code; });
  return found != known.end() ? found->second : "injected";
}

/// The strings of an array, or of a line; none: it is no request.
std::optional<std::vector<std::string>> command_words(std::string_view request) {
  std::vector<std::string> words;
  auto const line = [&request] {
    auto const end = request.find('\n');
    auto text = request.substr(0, end);
    request.remove_prefix(std::min(request.size(), end == std::string_view::npos ? end : end + 1));
    return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
  };
  if (!request.starts_with('*')) {
    auto rest = line();
    while (!rest.empty()) {
      auto const end = std::min(rest.find(' '), rest.size());
      if (end > 0) {
        words.emplace_back(rest.substr(0, end));
      }
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    return words;
  }
  line();
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
  return words;
}

class redis final : public one_by_one {
 public:
  explicit redis(std::shared_ptr<store> shared) : shared_{std::move(shared)} {}

  whole_frames find(std::string_view received, std::size_t, std::size_t) override {
    if (!received.starts_with('*')) {
      auto const end = received.find('\n');
      return end == std::string_view::npos ? whole_frames{} : whole_frames{1, end + 1};
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
  said refuse(std::string_view, std::string_view code) override {
    return say(resp_error(std::string{code} + " " + std::string{meaning_of_word(code)}));
  }

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
      return shared_->put(words[1], words[2])
                 ? simple("OK")
                 : resp_error("OOM command not allowed when used memory > 'maxmemory'.");
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

std::shared_ptr<store> make_store() { return std::make_shared<store>(); }

} // namespace conecta::target
