#pragma once

// Two kinds of assertion. CONECTA_ASSERT is for misuse and is on in every build: going on would
// corrupt what the caller owns. Invariants that cost more than a comparison are guarded by
// `checking`, which is true in builds with CONECTA_CHECKS.

namespace conecta {

#ifdef CONECTA_CHECKS
inline constexpr bool checking = true;
#else
inline constexpr bool checking = false;
#endif

/// Prints one line to standard error and aborts.
[[noreturn]] void assertion_failed(char const* what, char const* file, int line) noexcept;

} // namespace conecta

#define CONECTA_ASSERT(condition, what)                                                            \
  ((condition) ? static_cast<void>(0) : ::conecta::assertion_failed((what), __FILE__, __LINE__))
