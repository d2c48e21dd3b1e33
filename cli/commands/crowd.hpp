#pragma once

// How one target is, asked over one connection; or whether it takes as many at once as are asked
// for: each is made and asked as one alone would be, and held until the last of them has come to
// its end. Then all go. May be done again and again.
//
// Thread safety and lifetime: as a prober's.

#include "commands/probe_attempt.hpp"
#include "commands/probing.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace conecta::command {

class crowd {
 public:
  /// Of so many connections that are held; without a number one, which is not.
  crowd(boost::asio::io_context& context, probe_target const& target,
        std::optional<unsigned> headroom);

  /// Until `deadline` at the latest. `ended` is called once, from the context. Where one of many is
  /// not ready, no more are begun.
  void attempt(instant deadline, std::function<void()> ended);
  /// Ends the attempt that runs; it still calls `ended`.
  void stop();

  /// Of the attempt that ended last, but for the total: what one connection found, of several the
  /// first that was not ready.
  [[nodiscard]] probe_finding const& finding() const noexcept { return finding_; }

 private:
  [[nodiscard]] prober& member(std::size_t index);
  void go_on();
  void one_ended(prober const& which);
  void conclude();
  [[nodiscard]] probe_finding all_together() const;

  boost::asio::io_context& context_;
  probe_target const& target_;
  std::optional<unsigned> headroom_;
  std::vector<std::unique_ptr<prober>> members_; ///< as many as were ever begun at once
  std::function<void()> ended_;
  instant deadline_ = never;
  std::size_t begun_ = 0;
  std::size_t running_ = 0;
  bool going_on_ = false; ///< a prober may end within its attempt()
  bool stopped_ = false;
  prober const* refused_ = nullptr; ///< the first that is not ready
  unsigned attempts_ = 0;
  probe_finding finding_;
};

} // namespace conecta::command
