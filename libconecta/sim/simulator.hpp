#pragma once

// One run: feeds a machine what its callers, its endpoint and its timer do, carries out what the
// machine asks for, as a driver does, and keeps books. Then the faults stop, and it must recover.

#include "core/machine.hpp"
#include "sim/books.hpp"
#include "sim/endpoint.hpp"
#include "sim/event_heap.hpp"
#include "sim/trace.hpp"
#include "sim/world.hpp"

#include <string>
#include <vector>

namespace conecta::sim {

class simulator {
 public:
  simulator(settings const& of, std::uint64_t seed);
  /// Keeps the trace as text.
  void write_trace() { writes_ = true; }
  [[nodiscard]] run_report run();
  [[nodiscard]] std::string take_trace() { return std::move(text_); }

 private:
  enum class doing : std::uint8_t { thinking, waiting, holding };

  struct caller {
    doing what = doing::thinking;
    std::uint32_t serial = 0; ///< of what it does now
    ticket asked{};
    slot_ref held{};
    instant deadline{};
  };
  /// The last caller asks nothing until the faults have stopped.
  [[nodiscard]] std::size_t probe() const noexcept { return callers_.size() - 1; }
  [[nodiscard]] bool over() const { return books_.broken().has_value(); }

  void live();
  void heal();
  void close();
  void touch_what_is_closed();

  void one_step();
  void jump();
  void carry_on_until(instant end);
  void handle(due const& next);
  reply feed(core::event const& what, std::uint32_t who = 0);
  void keep(core::event const& what, reply const& given, core::action_list const& out);
  void arm();

  void answer_hook(std::uint32_t index, std::uint32_t serial);
  void begin(hook which, slot_ref slot, instant deadline);
  void repeat_later(core::event const& what);
  void bring();
  void manage();

  void act(std::uint32_t who);
  void acquire(std::uint32_t who);
  void release(std::uint32_t who);
  void cancel(std::uint32_t who, std::uint32_t serial);
  void next_act(std::uint32_t who, duration delay);
  [[nodiscard]] duration a_while();

  void carry_out(core::open const& a) { begin(hook::open, a.slot, a.deadline); }
  void carry_out(core::check const& a) { begin(hook::check, a.slot, a.deadline); }
  void carry_out(core::reset const& a) { begin(hook::reset, a.slot, a.deadline); }
  void carry_out(core::close const& a) { begin(hook::close, a.slot, a.deadline); }
  void carry_out(core::interrupt const& a);
  void carry_out(core::grant const& a);
  void carry_out(core::wake const& a);
  void carry_out(core::reject const& a);
  void carry_out(core::overdue const&) {}
  void carry_out(core::reclaimed const&) {}
  void carry_out(core::came_back const&) {}
  void carry_out(core::drained const&) {}

  settings settings_;
  world world_;
  origin origin_;
  instant now_;
  core::machine machine_;
  books books_;
  endpoint endpoint_;
  chance habit_;
  chance clock_;
  event_heap heap_;
  instant armed_ = never; ///< what the machine wants
  instant timer_ = never; ///< when it goes off
  std::vector<caller> callers_;
  std::vector<std::uint32_t> caller_at_; ///< by place of a ticket
  std::vector<core::event> repeats_;
  std::size_t next_repeat_ = 0;

  bool suspended_ = false;
  bool healing_ = false;
  duration moment_{}; ///< how long a hook takes once all is well
  bool probe_served_ = false;
  bool idle_restored_ = false;

  run_report report_;
  trace_hash hash_;
  bool writes_ = false;
  std::string text_;
};

} // namespace conecta::sim
