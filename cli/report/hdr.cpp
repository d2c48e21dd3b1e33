#include "report/hdr.hpp"

#include "base/base64.hpp"
#include "stats/bucket_layout.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace conecta::report {

namespace {

namespace layout = stats::bucket_layout;

constexpr std::uint32_t outer_cookie = 0x1c849304 | 0x10;
constexpr std::uint32_t inner_cookie = 0x1c849303 | 0x10;
constexpr std::size_t outer_header_bytes = 8;
constexpr std::size_t inner_header_bytes = 40;
// Five significant digits over 64 bits of range are 6 million buckets; nobody's histogram is.
constexpr std::size_t max_inner_bytes = std::size_t{4} << 20U;

template <class Integer>
void put_big_endian(std::string& out, Integer value) {
  for (auto shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xFFU);
  }
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (auto const byte : bytes) {
    value = value << 8U | static_cast<unsigned char>(byte);
  }
  return value;
}

// ZigZag LEB128 of 64 bits in at most nine bytes: the ninth has all of its eight bits.
void put_zigzag(std::string& out, std::int64_t value) {
  auto rest = static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63);
  for (int count = 0; count < 8 && rest >= 0x80; ++count) {
    out += static_cast<char>((rest & 0x7FU) | 0x80U);
    rest >>= 7U;
  }
  out += static_cast<char>(rest);
}

std::optional<std::int64_t> take_zigzag(std::string_view& bytes) {
  std::uint64_t rest = 0;
  for (unsigned count = 0; count < 9; ++count) {
    if (bytes.empty()) {
      return std::nullopt;
    }
    auto const byte = static_cast<std::uint64_t>(static_cast<unsigned char>(bytes.front()));
    bytes.remove_prefix(1);
    if (count == 8 || byte < 0x80) {
      rest |= byte << (7 * count);
      return static_cast<std::int64_t>(rest >> 1U) ^ -static_cast<std::int64_t>(rest & 1U);
    }
    rest |= (byte & 0x7FU) << (7 * count);
  }
  return std::nullopt;
}

std::string encoded_counts(std::span<std::uint64_t const> counts) {
  std::string out;
  std::int64_t zeros = 0;
  for (auto const count : counts) {
    if (count == 0) {
      ++zeros;
      continue;
    }
    if (zeros > 0) {
      put_zigzag(out, zeros == 1 ? 0 : -zeros);
      zeros = 0;
    }
    put_zigzag(out, static_cast<std::int64_t>(count));
  }
  return out;
}

std::string deflated(std::string_view bytes) {
  auto length = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(length, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &length,
           reinterpret_cast<Bytef const*>(bytes.data()), static_cast<uLong>(bytes.size()));
  out.resize(length);
  return out;
}

std::optional<std::string> inflated(std::string_view bytes) {
  // A zlib stream expands at most 1032 times: small input asks for little memory.
  auto length = static_cast<uLongf>(std::min(max_inner_bytes, bytes.size() * 1032 + 64));
  std::string out(length, '\0');
  if (uncompress(reinterpret_cast<Bytef*>(out.data()), &length,
                 reinterpret_cast<Bytef const*>(bytes.data()),
                 static_cast<uLong>(bytes.size())) != Z_OK) {
    return std::nullopt;
  }
  out.resize(length);
  return out;
}

// Somebody's layout, as much of it as finding the middle of a bucket needs.
struct foreign_layout {
  int unit_magnitude = 0;
  int half_count_bits = layout::half_count_bits;

  [[nodiscard]] bool is_ours() const noexcept {
    return unit_magnitude == 0 && half_count_bits == layout::half_count_bits;
  }

  // Nothing for a bucket beyond 63 bits.
  [[nodiscard]] std::optional<std::int64_t> middle_at(std::size_t index) const noexcept {
    auto const half = std::size_t{1} << half_count_bits;
    auto const magnitude = index < 2 * half ? 0 : static_cast<int>(index / half) - 1;
    auto const shift = magnitude + unit_magnitude;
    if (shift + half_count_bits + 1 > 62) {
      return std::nullopt;
    }
    auto const within = index - static_cast<std::size_t>(magnitude) * half;
    auto const lowest = static_cast<std::int64_t>(within) << shift;
    return lowest + (std::int64_t{1} << shift) / 2;
  }
};

std::optional<foreign_layout> read_layout(std::uint64_t digits, std::uint64_t lowest) {
  if (digits > 5 || lowest < 1 || lowest > std::uint64_t{1} << 40U) {
    return std::nullopt;
  }
  auto const resolution = 2 * static_cast<std::uint64_t>(std::pow(10, static_cast<double>(digits)));
  foreign_layout out;
  out.unit_magnitude = static_cast<int>(std::bit_width(lowest)) - 1;
  out.half_count_bits = std::max(0, static_cast<int>(std::bit_width(resolution - 1)) - 1);
  return out;
}

decoded_hdr mistaken(std::string what) { return {std::nullopt, std::move(what)}; }

decoded_hdr decode_counts(std::string_view payload, foreign_layout const& from) {
  decoded_hdr out;
  auto& values = out.values.emplace();
  std::uint64_t total = 0;
  std::size_t index = 0;
  while (!payload.empty()) {
    auto const count = take_zigzag(payload);
    if (!count) {
      return mistaken("a count is cut off");
    }
    if (*count <= 0) {
      // 0 and -1 are both one zero, depending on who wrote it.
      auto const zeros = *count == 0 ? 1U : 0U - static_cast<std::uint64_t>(*count);
      if (zeros > max_inner_bytes) {
        return mistaken("more zeros than any histogram has buckets");
      }
      index += zeros;
    } else {
      auto const times = static_cast<std::uint64_t>(*count);
      auto const middle = from.middle_at(index);
      if (!middle || index > max_inner_bytes) {
        return mistaken("a value is out of range");
      }
      if (times > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - total) {
        return mistaken("the counts overflow");
      }
      total += times;
      if (from.is_ours() && index < layout::bucket_count) {
        values.add_at(index, times);
      } else {
        values.record(duration{*middle}, times);
      }
      ++index;
    }
  }
  return out;
}

// Neither shifted nor scaled. hdr-histogram-js, which knows neither, writes the integer 1 for
// both, where everybody else has an offset of 0 and a ratio of 1.0.
bool is_plain(std::uint64_t offset, std::uint64_t ratio) noexcept {
  return (offset == 0 && ratio == std::bit_cast<std::uint64_t>(1.0)) || (offset == 1 && ratio == 1);
}

decoded_hdr decode_inner(std::string_view bytes) {
  if (bytes.size() < inner_header_bytes) {
    return mistaken("the header is cut off");
  }
  if (big_endian(bytes.substr(0, 4)) != inner_cookie) {
    return mistaken("not a V2 histogram");
  }
  auto const payload_bytes = big_endian(bytes.substr(4, 4));
  if (!is_plain(big_endian(bytes.substr(8, 4)), big_endian(bytes.substr(32, 8)))) {
    return mistaken("shifted and scaled histograms are not supported");
  }
  if (payload_bytes > bytes.size() - inner_header_bytes) {
    return mistaken("the counts are cut off");
  }
  auto const from = read_layout(big_endian(bytes.substr(12, 4)), big_endian(bytes.substr(16, 8)));
  if (!from) {
    return mistaken("its digits or its lowest value are out of range");
  }
  return decode_counts(bytes.substr(inner_header_bytes, payload_bytes), *from);
}

} // namespace

std::string encode_hdr(stats::histogram const& values) {
  auto const counts = encoded_counts(values.counts());
  std::string inner;
  put_big_endian(inner, inner_cookie);
  put_big_endian(inner, static_cast<std::uint32_t>(counts.size()));
  put_big_endian(inner, std::uint32_t{0});
  put_big_endian(inner, static_cast<std::uint32_t>(layout::significant_digits));
  put_big_endian(inner, std::uint64_t{1});
  put_big_endian(inner, static_cast<std::uint64_t>(layout::highest_trackable));
  put_big_endian(inner, std::bit_cast<std::uint64_t>(1.0));
  inner += counts;

  auto const compressed = deflated(inner);
  std::string outer;
  put_big_endian(outer, outer_cookie);
  put_big_endian(outer, static_cast<std::uint32_t>(compressed.size()));
  return encode_base64(outer + compressed);
}

decoded_hdr decode_hdr(std::string_view text) {
  auto const outer = text.size() > 2 * max_inner_bytes ? std::nullopt : decode_base64(text);
  if (!outer) {
    return mistaken("not base64");
  }
  std::string_view const bytes = *outer;
  if (bytes.size() < outer_header_bytes || big_endian(bytes.substr(0, 4)) != outer_cookie) {
    return mistaken("not a compressed V2 histogram");
  }
  auto const length = big_endian(bytes.substr(4, 4));
  if (length > bytes.size() - outer_header_bytes) {
    return mistaken("the compressed part is cut off");
  }
  auto const inner = inflated(bytes.substr(outer_header_bytes, length));
  return inner ? decode_inner(*inner) : mistaken("the compressed part is damaged or too large");
}

} // namespace conecta::report
