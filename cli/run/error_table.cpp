#include "run/error_table.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace conecta::run {

namespace {

constexpr std::array<std::string_view, phase_count> phase_names = {"acquire", "open",    "check",
                                                                   "send",    "receive", "expect"};

static_assert(phase_names.size() == static_cast<std::size_t>(phase::expect) + 1);

// Cuts before a character, not in the middle of one.
std::string_view shortened(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    return text;
  }
  auto end = limit;
  while (end > limit - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end);
}

} // namespace

std::string_view name_of(phase value) noexcept {
  return phase_names[static_cast<std::size_t>(value)];
}

void error_table::record(phase where, error_kind kind, std::string_view detail) {
  ++row_of(where, kind, detail).count;
}

void error_table::merge(error_table const& other) {
  for (auto const& row : other.rows_) {
    row_of(row.where, row.kind, row.detail).count += row.count;
  }
}

std::uint64_t error_table::count(phase where, error_kind kind) const noexcept {
  for (auto const& row : rows_) {
    if (row.where == where && row.kind == kind) {
      return row.count;
    }
  }
  return 0;
}

std::uint64_t error_table::total() const noexcept {
  std::uint64_t sum = 0;
  for (auto const& row : rows_) {
    sum += row.count;
  }
  return sum;
}

std::vector<error_row> error_table::sorted() const {
  auto rows = rows_;
  std::sort(rows.begin(), rows.end(), [](error_row const& left, error_row const& right) {
    return std::tuple{right.count, left.where, left.kind} <
           std::tuple{left.count, right.where, right.kind};
  });
  return rows;
}

error_row& error_table::row_of(phase where, error_kind kind, std::string_view detail) {
  for (auto& row : rows_) {
    if (row.where == where && row.kind == kind) {
      if (row.detail.empty()) {
        row.detail = shortened(detail, max_detail_bytes);
      }
      return row;
    }
  }
  rows_.push_back({where, kind, std::string{shortened(detail, max_detail_bytes)}, 0});
  return rows_.back();
}

} // namespace conecta::run
