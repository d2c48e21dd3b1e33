#pragma once

// How many more descriptors this process may have, for a while. What is open stays so. The kernel
// limits the highest number and not the count: the limit is set where exactly so many numbers below
// it are free.
//
// Thread safety: one thread; the limit is that of all.

#include <cstddef>
#include <map>
#include <optional>
#include <sys/resource.h>

namespace conecta::run {

class descriptor_limit {
 public:
  descriptor_limit() = default;
  descriptor_limit(descriptor_limit const&) = delete;
  descriptor_limit& operator=(descriptor_limit const&) = delete;
  /// As it was before.
  ~descriptor_limit();

  /// From now on so many more, and what is closed meanwhile; of several the lowest counts. Throws
  /// std::system_error.
  void lower(void const* owner, std::size_t more);
  /// What this owner lowered. The last one leaves it as it was.
  void restore(void const* owner) noexcept;

 private:
  [[nodiscard]] int apply() noexcept;

  std::map<void const*, rlim_t> limits_;
  std::optional<rlimit> before_;
};

} // namespace conecta::run
