// memcached's text protocol: https://github.com/memcached/memcached/blob/master/doc/protocol.txt

#include "protocol/conversation.hpp"
#include "target/conversations.hpp"
#include "target/store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace conecta::target {

namespace {

constexpr std::size_t longest_line = 2048; ///< as in memcached
constexpr std::size_t longest_value = std::size_t{1} << 20;

struct parts {
  std::vector<std::string> words;
  std::size_t line = 0;                 ///< with its end
  std::optional<std::size_t> data = {}; ///< of a command that stores: the length of what follows
};

/// None: the line has not ended.
std::optional<parts> parts_of(std::string_view received) {
  std::size_t size_of_line = 0;
  auto const line = protocol::first_line(received, size_of_line);
  if (!line) {
    return std::nullopt;
  }
  parts made{words_of(*line), size_of_line};
  constexpr std::array<std::string_view, 3> storing{"set", "add", "replace"};
  if (made.words.size() >= 5 && std::ranges::find(storing, made.words[0]) != storing.end()) {
    std::size_t size = 0;
    auto const& text = made.words[4];
    auto const read = std::from_chars(text.data(), text.data() + text.size(), size);
    if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && size <= longest_value) {
      made.data = size;
    }
  }
  return made;
}

class memcached final : public one_by_one {
 public:
  explicit memcached(std::shared_ptr<store> shared) : shared_{std::move(shared)} {}

  whole_frames find(std::string_view received, std::size_t, std::size_t) override {
    auto const found = parts_of(received.substr(0, longest_line));
    if (!found) {
      return received.size() < longest_line ? whole_frames{} : whole_frames{1, received.size()};
    }
    auto const length = found->line + (found->data ? *found->data + 2 : 0);
    return received.size() < length ? whole_frames{} : whole_frames{1, length};
  }

  said answer(std::string_view request, std::size_t) override {
    auto const found = parts_of(request.substr(0, longest_line));
    if (!found) {
      return say("CLIENT_ERROR line too long\r\n", true);
    }
    if (found->words.empty()) {
      return say("ERROR\r\n");
    }
    auto const& words = found->words;
    if (words[0] == "quit") {
      return say({}, true);
    }
    auto text = obey(*found, request.substr(found->line));
    return say(words.back() == "noreply" ? std::string{} : std::move(text));
  }

  [[nodiscard]] bool can_refuse(std::string_view request, std::string_view) const override {
    return !request.empty() && !request.starts_with("quit");
  }
  said refuse(std::string_view, std::string_view code) override {
    return say(std::string{code} + (code == "ERROR" ? "" : " injected") + "\r\n");
  }

 private:
  std::string obey(parts const& command, std::string_view rest) {
    auto const& words = command.words;
    if (words[0] == "version") {
      return "VERSION 1.6.0\r\n";
    }
    if (words[0] == "stats") {
      return "END\r\n";
    }
    if (words[0] == "flush_all") {
      shared_->clear();
      return "OK\r\n";
    }
    if ((words[0] == "get" || words[0] == "gets") && words.size() > 1) {
      std::string all;
      for (std::size_t i = 1; i < words.size(); ++i) {
        if (auto const* const value = shared_->find(words[i])) {
          all += "VALUE " + words[i] + " 0 " + std::to_string(value->size()) +
                 (words[0] == "gets" ? " 1" : "") + "\r\n" + *value + "\r\n";
        }
      }
      return all + "END\r\n";
    }
    if (words[0] == "delete" && words.size() > 1) {
      return shared_->erase(words[1]) ? "DELETED\r\n" : "NOT_FOUND\r\n";
    }
    if (command.data) {
      if (rest.substr(*command.data) != "\r\n") {
        return "CLIENT_ERROR bad data chunk\r\n";
      }
      bool const exists = shared_->find(words[1]) != nullptr;
      if (words[0] != "set" && exists == (words[0] == "add")) {
        return "NOT_STORED\r\n";
      }
      return shared_->put(words[1], rest.substr(0, *command.data))
                 ? "STORED\r\n"
                 : "SERVER_ERROR out of memory storing object\r\n";
    }
    return "ERROR\r\n";
  }

  std::shared_ptr<store> shared_;
};

} // namespace

std::unique_ptr<conversation> converse_memcached(std::shared_ptr<store> shared) {
  return std::make_unique<memcached>(std::move(shared));
}

} // namespace conecta::target
