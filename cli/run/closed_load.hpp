#pragma once

// The closed model: so many workers, each of which sends its next request after its last one ended.

#include "run/load.hpp"

#include <vector>

namespace conecta::run {

class closed_load final : public load {
 public:
  closed_load(boost::asio::io_context& io, shift& common);
  ~closed_load() override;

  void begin_stage(std::size_t index, instant ends) override;
  void end() override;
  void drop_waiting() override {}
  void expire(instant now) override;
  [[nodiscard]] bool resting() const override;
  [[nodiscard]] duration spun() const noexcept override { return duration::zero(); }

 private:
  class worker;

  shift& common_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::size_t stage_ = 0;
  std::size_t wanted_ = 0; ///< workers with a lower number run, the others rest
  instant last_moment_{};  ///< of what begins in the stage
};

} // namespace conecta::run
