// pool.hpp alone: no Asio comes with it, and none of our warnings.

#include <conecta/pool.hpp>

#if defined(BOOST_ASIO_VERSION) || defined(BOOST_ASIO_DETAIL_CONFIG_HPP)
#error "conecta/pool.hpp includes Asio"
#endif

int main(int argc, char** argv) { // argv is unused, and the narrowing below is silent
  char narrowed = argc;
  conecta::pool<int> pool{{.max_size = 1}, {.open = [] { return 7; }}};
  auto lent = pool.acquire();
  return lent && **lent == 7 && narrowed == 1 ? 0 : 1;
}
