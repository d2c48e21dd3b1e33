#pragma once

// A category of error codes whose values are the places of a list, each with its message. For files
// that have an enumeration of their own.

#include <boost/system/error_category.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

namespace conecta::net {

class message_category final : public boost::system::error_category {
 public:
  /// Both outlive it. A value beyond the messages has the last one's.
  message_category(char const* name, std::span<char const* const> messages) noexcept
      : name_{name}, messages_{messages} {}

  [[nodiscard]] char const* name() const noexcept override { return name_; }
  [[nodiscard]] std::string message(int value) const override {
    return messages_[std::min(static_cast<std::size_t>(value), messages_.size() - 1)];
  }

 private:
  char const* name_;
  std::span<char const* const> messages_;
};

} // namespace conecta::net
