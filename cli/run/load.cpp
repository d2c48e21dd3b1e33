#include "run/load.hpp"

#include "run/closed_load.hpp"
#include "run/open_load.hpp"

namespace conecta::run {

std::unique_ptr<load> make_load(boost::asio::io_context& io, shift& common, instant origin) {
  switch (common.what.workload.model) {
  case scenario::load_model::closed:
    return std::make_unique<closed_load>(io, common);
  case scenario::load_model::open:
    return std::make_unique<open_load>(io, common, origin);
  }
  return nullptr;
}

} // namespace conecta::run
