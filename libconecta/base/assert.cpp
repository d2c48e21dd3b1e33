#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace conecta {

void assertion_failed(char const* what, char const* file, int line) noexcept {
  std::fprintf(stderr, "conecta: %s (%s:%d)\n", what, file, line);
  std::abort();
}

} // namespace conecta
