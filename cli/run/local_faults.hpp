#pragma once

// The faults of one endpoint that no relay can do: those that act on the process of its server, on
// lookups of its name, and on what this process may have. They follow the same plan as a relay's,
// by the run's own clock.
//
// What was done is undone when its window ends, at end(), or when the object goes.
// Thread safety: one thread, the io_context's.

#include "fault/schedule.hpp"
#include "net/dial_rules.hpp"
#include "run/descriptor_limit.hpp"
#include "run/stopped_processes.hpp"
#include "scenario/model.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conecta::run {

/// What the faults of a run share.
struct local_means {
  std::optional<stopped_processes> stopped;
  descriptor_limit descriptors;

  /// As many as the scenario needs. Throws bad_pid_file for a file that cannot be used as it is
  /// now, and std::system_error.
  explicit local_means(scenario::scenario const& what);
};

struct failed_fault {
  std::string id;
  std::string why;
};

class local_faults final : public net::dial_rules {
 public:
  /// `means` outlive it. `kind` is the endpoint's.
  local_faults(boost::asio::io_context& io, fault::plan faults, net::transport kind,
               local_means& means);
  local_faults(local_faults const&) = delete;
  local_faults& operator=(local_faults const&) = delete;
  ~local_faults();

  /// The run starts at `origin`, from which the windows count. To be called once.
  void begin(instant origin);
  void end();

  [[nodiscard]] lookup next_lookup() override;
  [[nodiscard]] std::optional<std::span<std::uint16_t const>> next_ports() override;

  /// How often the fault struck; none: it is not among these.
  [[nodiscard]] std::optional<std::uint64_t> injected(std::string_view fault_id) const noexcept;
  /// Those that could not be done, each window of theirs.
  [[nodiscard]] std::vector<failed_fault> const& failures() const noexcept { return failures_; }

 private:
  void turn();
  void open(std::size_t fault);
  void close(std::size_t fault);
  void do_it(std::size_t fault);
  void send_signal(fault::fault_spec const& spec, std::size_t fault);

  fault::schedule schedule_;
  net::transport kind_;
  local_means& means_;
  boost::asio::steady_timer next_change_;
  std::map<std::size_t, pid_t> stopped_;                    ///< by the fault that did it
  std::map<std::size_t, std::vector<std::uint16_t>> ports_; ///< that are left; likewise
  std::vector<failed_fault> failures_;
  std::uint64_t lookups_ = 0;
};

} // namespace conecta::run
