#pragma once

// Keys and values of an embedded server, in memory: bounded, and gone with the server.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace conecta::target {

class store {
 public:
  /// Null: there is none.
  [[nodiscard]] std::string const* find(std::string const& key) const {
    auto const found = values_.find(key);
    return found != values_.end() ? &found->second : nullptr;
  }
  /// False: there is no room for it.
  [[nodiscard]] bool put(std::string const& key, std::string_view value) {
    erase(key);
    if (values_.size() >= most_keys || held_ + key.size() + value.size() > most_bytes) {
      return false;
    }
    held_ += key.size() + value.size();
    values_.emplace(key, value);
    return true;
  }
  bool erase(std::string const& key) {
    auto const found = values_.find(key);
    if (found == values_.end()) {
      return false;
    }
    held_ -= key.size() + found->second.size();
    values_.erase(found);
    return true;
  }
  void clear() noexcept {
    values_.clear();
    held_ = 0;
  }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

 private:
  static constexpr std::size_t most_keys = 100'000;
  static constexpr std::size_t most_bytes = std::size_t{64} << 20;

  std::unordered_map<std::string, std::string> values_;
  std::size_t held_ = 0;
};

} // namespace conecta::target
