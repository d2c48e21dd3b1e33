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

namespace {

void* allocate(std::size_t size, std::size_t alignment) {
  auto const rounded = (size + alignment - 1) / alignment * alignment;
  auto* const memory = conecta::test::allocation_trap::springs(size)
                           ? nullptr
                           : std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) {
    throw std::bad_alloc{};
  }
  return memory;
}

} // namespace

void* operator new(std::size_t size) { return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new[](std::size_t size) { return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
