#include "torture/mishap.hpp"

#include <cstdlib>
#include <new>

namespace conecta::test {

long first_failure() {
  auto const* const wanted = std::getenv("CONECTA_FAILURE");
  return wanted == nullptr ? 1 : std::atol(wanted);
}

void allocation_trap::set(long n) noexcept { left_ = n; }
bool allocation_trap::clear() noexcept { return left_.exchange(0) <= 0; }
void allocation_trap::spare(std::size_t size, std::size_t another) noexcept {
  spared_ = size;
  also_spared_ = another;
}
bool allocation_trap::springs(std::size_t size) noexcept {
  return left_.load(std::memory_order_relaxed) > 0 && size != spared_ && size != also_spared_ &&
         !pause::is_on() && left_.fetch_sub(1) == 1;
}

} // namespace conecta::test

// Asio takes the memory of its operations by this name: the linker's --wrap sends it here.
extern "C" {
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);

void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  using conecta::test::allocation_trap;
  auto const fails =
      !allocation_trap::pause_of_operations::is_on() && allocation_trap::springs(size);
  return fails ? nullptr : __real_aligned_alloc(alignment, size);
}
}

#ifdef CONECTA_WRAP_NEW

// A sanitizer has an operator new of its own, which cannot be replaced, but can be preceded: the
// linker's --wrap sends here who calls it by these names, but for the standard library itself.

extern "C" {
void* __real__Znwm(std::size_t size);
void* __real__ZnwmSt11align_val_t(std::size_t size, std::align_val_t to);

void* __wrap__Znwm(std::size_t size) {
  if (conecta::test::allocation_trap::springs(size)) {
    throw std::bad_alloc{};
  }
  return __real__Znwm(size);
}
void* __wrap__ZnwmSt11align_val_t(std::size_t size, std::align_val_t to) {
  if (conecta::test::allocation_trap::springs(size)) {
    throw std::bad_alloc{};
  }
  return __real__ZnwmSt11align_val_t(size, to);
}
}

#else

namespace {

void* allocate(std::size_t size, std::size_t alignment) {
  auto const rounded = (size + alignment - 1) / alignment * alignment;
  auto* const memory = conecta::test::allocation_trap::springs(size)
                           ? nullptr
                           : __real_aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) {
    throw std::bad_alloc{};
  }
  return memory;
}

constexpr auto usual = std::size_t{__STDCPP_DEFAULT_NEW_ALIGNMENT__};

} // namespace

using std::align_val_t;
using std::size_t;

void* operator new(size_t size) { return allocate(size, usual); }
void* operator new[](size_t size) { return allocate(size, usual); }
void* operator new(size_t size, align_val_t to) { return allocate(size, size_t(to)); }
void* operator new[](size_t size, align_val_t to) { return allocate(size, size_t(to)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, align_val_t) noexcept { std::free(memory); }

#endif
