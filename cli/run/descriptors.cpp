#include "run/descriptors.hpp"

#include "net/udp_drain.hpp"
#include "run/far_process.hpp"
#include "run/runner.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <sys/resource.h>

namespace conecta::run {

std::size_t descriptors_needed(scenario::scenario const& what) {
  std::size_t of_pools = 0;
  std::size_t of_far_sides = 0;
  for (std::size_t index = 0; index < what.endpoints.size(); ++index) {
    auto const& endpoint = what.endpoints[index];
    auto const relayed = std::any_of(what.faults.begin(), what.faults.end(), [&](auto const& each) {
      return each.endpoint == index && fault::doer_of(each.type) == fault::done_by::relay;
    });
    if (endpoint.kind == net::transport::udp) {
      auto const sockets = endpoint.pool.max_size + net::udp_drain::most_sockets;
      of_pools += sockets;
      of_far_sides += relayed ? sockets : 0; // a relay tells its clients apart by sockets
    } else {
      auto const each = std::size_t{relayed ? 2U : 0U} + (endpoint.target ? 1 : 0);
      of_pools += endpoint.pool.max_size;
      of_far_sides += endpoint.pool.max_size * each;
    }
  }
  constexpr std::size_t others = 64; // standard streams, event loops, listeners
  return others +
         (needs_far_process(what) ? std::max(of_pools, of_far_sides) : of_pools + of_far_sides);
}

namespace {

std::optional<rlimit> limit_at_first;

} // namespace

std::size_t raise_descriptor_limit(std::size_t count) {
  rlimit allowed{};
  ::getrlimit(RLIMIT_NOFILE, &allowed);
  limit_at_first = limit_at_first.value_or(allowed);
  if (allowed.rlim_cur < count) {
    allowed.rlim_cur = std::min<rlim_t>(count, allowed.rlim_max); // none is the greatest
    ::setrlimit(RLIMIT_NOFILE, &allowed);
  }
  return allowed.rlim_cur;
}

void restore_descriptor_limit() {
  if (limit_at_first) {
    ::setrlimit(RLIMIT_NOFILE, &*limit_at_first);
  }
}

void require_descriptors(std::size_t count) {
  if (auto const most = raise_descriptor_limit(count); most < count) {
    throw too_few_descriptors{"this scenario needs up to " + std::to_string(count) +
                              " file descriptors, and this process may have " +
                              std::to_string(most) +
                              " (ulimit -Hn); lower max_size or raise the limit"};
  }
}

} // namespace conecta::run
