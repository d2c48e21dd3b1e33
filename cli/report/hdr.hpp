#pragma once

// A histogram as HdrHistogram's compressed V2 text (base64 of a zlib stream), which its log
// readers and plotters take. Encoders differ in bytes: compare decoded values, never the text.
// https://github.com/HdrHistogram/HdrHistogram (V2CompressedHistogram)
//
// Decoding trusts nothing: sizes are checked before anything is allocated or expanded, and a
// count, a value or a layout out of range is a mistake. Pure; safe from any thread.

#include "stats/histogram.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace conecta::report {

[[nodiscard]] std::string encode_hdr(stats::histogram const& values);

/// Either a histogram or what is wrong with the text.
struct decoded_hdr {
  std::optional<stats::histogram> values;
  std::string mistake;
};

/// Takes any layout of HdrHistogram's. Values above one hour saturate; a layout other than ours
/// has its values put where they belong here, by the middles of its buckets.
[[nodiscard]] decoded_hdr decode_hdr(std::string_view text);

} // namespace conecta::report
