#include <conecta/lease.hpp>

#include <cstdio>
#include <cstdlib>

namespace conecta {

void empty_lease(char const* operation) noexcept {
  std::fprintf(stderr, "conecta: lease::%s of a lease that holds nothing\n", operation);
  std::abort();
}

} // namespace conecta
