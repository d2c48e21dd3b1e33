#pragma once

// A scenario that was read, checked and resolved: every default is filled in, every name is an
// index, every offset a time since the start of the run. Pure data.

#include "fault/fault.hpp"
#include "net/framing.hpp"
#include "net/url.hpp"
#include "scenario/threshold.hpp"
#include "sim/plan.hpp"
#include "target/target_options.hpp"
#include "workload/request.hpp"

#include <conecta/options.hpp>
#include <conecta/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conecta::scenario {

/// The exchange that says whether an idle connection is alive.
struct check_spec {
  std::string send;
  net::reply_framing reply; ///< one_datagram on UDP
  net::expectation expect;
};

struct endpoint_spec {
  std::string id;
  net::transport kind = net::transport::tcp;
  std::optional<net::endpoint_url> url; ///< exactly one of url and target is given
  std::optional<target::target_options> target;
  double weight = 1;
  std::optional<check_spec> check;
  pool_options pool; ///< the scenario's, with this endpoint's own keys over it
};

struct stage_spec {
  enum class recording : std::uint8_t { recorded, left_out };

  std::string name;
  duration start{}; ///< since the start of the run
  duration length{};
  recording record = recording::recorded;
  std::size_t workers = 0; ///< closed model; 0 is an idle stage
  double from = 0;         ///< open model: requests a second at its beginning
  double to = 0;           ///< and at its end; both 0 is an idle stage
};

enum class load_model : std::uint8_t {
  closed, ///< each worker sends its next request after the last one ended
  open,   ///< requests begin on a schedule
};

/// What becomes of a request that is due while max_in_flight are under way.
enum class overload : std::uint8_t { queue, drop };

struct workload_spec {
  load_model model = load_model::closed;
  std::size_t workers = 0;           ///< closed: of stages that give none
  std::size_t max_in_flight = 10000; ///< open
  overload on_overload = overload::queue;
  duration think{};
  duration hold{};
  duration request_timeout = std::chrono::seconds{1};
  std::vector<workload::request_spec> requests;
};

struct scenario {
  std::string name;
  std::uint64_t seed = 1;
  std::vector<endpoint_spec> endpoints; ///< one or more, each asked by some request
  workload_spec workload;
  std::vector<stage_spec> stages; ///< one or more, one after the other
  std::vector<fault::fault_spec> faults;
  std::optional<sim::plan> sim; ///< none: each seed of a simulation draws its own
  std::vector<threshold> thresholds;
  bool invariants = false; ///< whether the pool's promises are judged

  /// The whole as JSON, defaults included. What came from the environment stands there as the
  /// ${NAME} that was written: the value may be a secret.
  std::string resolved;

  [[nodiscard]] duration length() const noexcept {
    return stages.empty() ? duration{} : stages.back().start + stages.back().length;
  }
};

} // namespace conecta::scenario
