#include <conecta/patience.hpp>

#include <chrono>
#include <thread>

namespace conecta {

void wait_for_memory() noexcept { std::this_thread::sleep_for(std::chrono::milliseconds{1}); }

std::string copy_if_possible(std::string_view text) noexcept {
  try {
    return std::string{text};
  } catch (std::bad_alloc const&) {
    return {};
  }
}

} // namespace conecta
