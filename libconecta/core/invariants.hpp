#pragma once

// What must hold in a machine after every event, whatever the events were. The first that does not
// is returned as one sentence with its figures. Costs O(max_size + waiters): for checking builds,
// tests and fuzzers.

#include <conecta/time.hpp>

#include <optional>
#include <string>

namespace conecta::core {

class machine;

class invariant_checker {
 public:
  [[nodiscard]] static std::optional<std::string> first_broken(machine const& that, instant now);

 private:
  invariant_checker(machine const& that, instant now) : that_{that}, now_{now} {}

  void require(bool holds, char const* what);
  void slots_are_counted();
  void the_cap_holds();
  void lists_match_states();
  void nobody_waits_in_vain();
  void books_balance();

  machine const& that_;
  instant now_;
  std::optional<std::string> broken_;
};

} // namespace conecta::core
