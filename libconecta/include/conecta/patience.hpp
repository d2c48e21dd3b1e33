#pragma once

// Memory for what is decided already. A call of the pool that has decided nothing yet may throw
// std::bad_alloc, and has then changed nothing. But once the pool has decided, somebody was
// promised something: a lease must come back, a caller be answered, a hook begin. Giving up then
// would lose capacity or a caller for good, so whoever carries it out waits until there is memory.
// None is needed where few are concerned: the small cases have their place on the stack.
//
// Not for direct use: the pools are. Thread safety: from any thread.

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>

namespace conecta {

/// A moment in which others may free memory.
void wait_for_memory() noexcept;

/// Tries again as long as it throws std::bad_alloc. `attempt` must not have done anything then.
template <class Attempt>
auto patiently(Attempt const& attempt) {
  for (;;) {
    try {
      return attempt();
    } catch (std::bad_alloc const&) {
      wait_for_memory();
    }
  }
}

/// A text may be left out where an answer may not: empty if there is no memory for it.
[[nodiscard]] std::string copy_if_possible(std::string_view text) noexcept;

template <class T>
struct patient_allocator {
  using value_type = T;

  patient_allocator() = default;
  template <class U>
  patient_allocator(patient_allocator<U> const&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    return patiently([count] { return std::allocator<T>{}.allocate(count); });
  }
  void deallocate(T* that, std::size_t count) noexcept {
    std::allocator<T>{}.deallocate(that, count);
  }
  friend bool operator==(patient_allocator const&, patient_allocator const&) = default;
};

} // namespace conecta
