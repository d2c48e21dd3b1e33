#pragma once

// What a forked process does first that shall hold nothing of its parent's: not its connections,
// not the pipes whose end others wait for. Thread safety: for the one thread that a fork leaves.

namespace conecta::run {

/// Closes every descriptor from `first` on but this one. A system call only.
void close_all_but(int kept, unsigned first) noexcept;

} // namespace conecta::run
