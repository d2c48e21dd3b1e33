#pragma once

// A file descriptor with one owner. Move-only; closes what it holds, if anything.
//
// Thread safety: none of its own.

#include <unistd.h>
#include <utility>

namespace conecta::wire {

class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int number) noexcept : number_{number} {}
  descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, none)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, none);
    }
    return *this;
  }
  ~descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ != none; }

  void close() noexcept {
    if (number_ != none) {
      ::close(std::exchange(number_, none));
    }
  }

 private:
  static constexpr int none = -1;
  int number_ = none;
};

} // namespace conecta::wire
