#pragma once

// The counts of a histogram's buckets: 270 KiB of zeros that take no memory until they are counted
// in, because the kernel hands out pages when they are first written. A run holds hundreds of
// histograms, most of them nearly empty.
//
// Thread safety: as for a plain value.

#include "stats/bucket_layout.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace conecta::stats {

class bucket_counts {
 public:
  bucket_counts() : counts_{zeros()} {}

  // No copying: a histogram knows which part is in use and copies that alone.

  [[nodiscard]] std::uint64_t& operator[](std::size_t index) noexcept { return counts_[index]; }
  [[nodiscard]] std::uint64_t operator[](std::size_t index) const noexcept {
    return counts_[index];
  }
  [[nodiscard]] std::uint64_t const* data() const noexcept { return counts_.get(); }

 private:
  struct release {
    void operator()(std::uint64_t* counts) const noexcept { std::free(counts); }
  };
  using storage = std::unique_ptr<std::uint64_t[], release>;

  static storage zeros() {
    auto* const counts = std::calloc(bucket_layout::bucket_count, sizeof(std::uint64_t));
    if (counts == nullptr) {
      throw std::bad_alloc{};
    }
    return storage{static_cast<std::uint64_t*>(counts)};
  }

  storage counts_;
};

} // namespace conecta::stats
