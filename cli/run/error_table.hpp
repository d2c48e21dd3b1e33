#pragma once

// What went wrong with requests, counted by where (phase) and how (kind), with the first message
// seen of each. At most one row for each pair, so its size is bounded however long the run.
//
// A detail may hold whatever a server sent: it is kept raw and short here, and made safe by every
// format that shows it. Thread safety: as for a plain value.

#include "net/error_kind.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conecta::run {

/// What a request was doing when it failed.
enum class phase : std::uint8_t { acquire, open, check, send, receive, expect };

using net::error_kind;

inline constexpr std::size_t phase_count = 6;

[[nodiscard]] std::string_view name_of(phase value) noexcept;

struct error_row {
  phase where = phase::acquire;
  error_kind kind = error_kind::other;
  std::string detail; ///< the first message seen, raw
  std::uint64_t count = 0;
  friend bool operator==(error_row const&, error_row const&) = default;
};

class error_table {
 public:
  static constexpr std::size_t max_detail_bytes = 240;

  void record(phase where, error_kind kind, std::string_view detail);
  /// Sums the counts. Of two details the one that was here first stays.
  void merge(error_table const& other);

  [[nodiscard]] std::uint64_t count(phase where, error_kind kind) const noexcept;
  [[nodiscard]] std::uint64_t total() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// The most frequent first, then in the order of phase and kind.
  [[nodiscard]] std::vector<error_row> sorted() const;

  friend bool operator==(error_table const&, error_table const&) = default;

 private:
  error_row& row_of(phase where, error_kind kind, std::string_view detail);

  std::vector<error_row> rows_;
};

} // namespace conecta::run
