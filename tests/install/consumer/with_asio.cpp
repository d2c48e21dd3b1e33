// asio_pool.hpp with Asio as it comes: header-only, no macro of ours.

#include <conecta/asio_pool.hpp>

#include <boost/asio/io_context.hpp>

int main() {
  boost::asio::io_context io;
  conecta::asio_pool<int> pool{
      io.get_executor(),
      {.max_size = 1},
      {.open = [](conecta::hook_context const&) -> boost::asio::awaitable<int> { co_return 7; }}};
  int found = 0;
  pool.async_acquire([&](conecta::error_code, conecta::lease<int> lent) {
    found = lent.valid() ? *lent : 0;
    pool.close();
  });
  io.run();
  return found == 7 ? 0 : 1;
}
