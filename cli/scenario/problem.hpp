#pragma once

// The mistakes of one scenario, collected so that all are told at once.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conecta::scenario {

/// Where a value was written: a line of the file, or the command line's n-th override.
struct place {
  std::uint32_t line = 0;     ///< from 1; 0 where there is none
  std::uint32_t override = 0; ///< from 1; 0 for the file
  friend bool operator==(place const&, place const&) = default;
};

struct problem {
  place where;
  std::string pointer; ///< a JSON pointer, safe to print; "" for the whole
  std::string text;
};

/// Keeps the first `most` and counts the rest.
class problem_list {
 public:
  static constexpr std::size_t most = 100;

  void add(place where, std::string pointer, std::string text) {
    if (full()) {
      ++left_out_;
    } else {
      problems_.push_back({where, std::move(pointer), std::move(text)});
    }
  }

  [[nodiscard]] bool empty() const noexcept { return problems_.empty(); }
  [[nodiscard]] bool full() const noexcept { return problems_.size() >= most; }
  [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

  /// In the order of the file, then of the command line.
  [[nodiscard]] std::vector<problem> sorted() const {
    std::multimap<std::pair<std::uint32_t, std::uint32_t>, problem> by_place;
    for (problem const& each : problems_) {
      by_place.emplace(std::pair{each.where.override, each.where.line}, each);
    }
    std::vector<problem> ordered;
    for (auto& [place, each] : by_place) {
      ordered.push_back(std::move(each));
    }
    return ordered;
  }

 private:
  std::vector<problem> problems_;
  std::size_t left_out_ = 0;
};

} // namespace conecta::scenario
