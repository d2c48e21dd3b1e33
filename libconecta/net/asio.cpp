// Asio's own code, compiled once for everything that links conecta_asio.
#include <boost/asio/impl/src.hpp>
