#pragma once

// Lines of text in columns, for a terminal of 80. Colour is added around words without moving
// what stands beside them, or not at all. Everything put on a page must be safe text already.
// Not thread-safe.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conecta::report {

enum class colouring : std::uint8_t { none, ansi };

enum class style : std::uint8_t { plain, heading, dim, good, bad, caution };

inline constexpr std::size_t page_columns = 80;

class page {
 public:
  explicit page(colouring colours) noexcept : colours_{colours} {}

  // The line being written.
  page& put(std::string_view text, style look = style::plain);
  /// Spaces up to a column, at least one if something stands there.
  page& to(std::size_t column);
  /// Spaces so that the text ends before `column`, at least one.
  page& right(std::size_t column, std::string_view text, style look = style::plain);
  /// What fits into the rest of the line.
  page& rest(std::string_view text, style look = style::plain);
  void end_line();

  /// An empty line, unless the page begins or the last one is empty.
  void gap();

  /// A paragraph of items that are not broken, separated by commas, after what stands already on
  /// the line; its further lines begin at the column where the first item began.
  void list(std::vector<std::string> const& items);

  /// A text broken between words, its further lines indented to where it begins or to `indent`.
  void paragraph(std::string_view text);
  void paragraph(std::string_view text, std::size_t indent, style look = style::plain);

  [[nodiscard]] std::string const& text() const noexcept { return text_; }

 private:
  void fill(std::vector<std::string> const& words, std::size_t indent, style look);

  colouring colours_;
  std::size_t column_ = 0;
  std::string text_;
};

} // namespace conecta::report
