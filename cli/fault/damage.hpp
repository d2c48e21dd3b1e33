#pragma once

// Bytes that arrive otherwise than they were sent. Pure.

#include "base/random.hpp"

#include <cstddef>
#include <span>

namespace conecta::fault {

/// Flips `bits` different bits, or all there are.
void flip_bits(std::span<char> bytes, std::size_t bits, random_source source);

} // namespace conecta::fault
