#include "report/page.hpp"

#include "report/safe_text.hpp"

#include <algorithm>
#include <utility>

namespace conecta::report {

namespace {

std::string_view escape_of(style look) noexcept {
  switch (look) {
  case style::plain:
    return "";
  case style::heading:
    return "\x1b[1m";
  case style::dim:
    return "\x1b[2m";
  case style::good:
    return "\x1b[32m";
  case style::bad:
    return "\x1b[1;31m";
  case style::caution:
    return "\x1b[33m";
  }
  return "";
}

} // namespace

page& page::put(std::string_view text, style look) {
  column_ += columns_of(text);
  if (colours_ == colouring::none || look == style::plain || text.empty()) {
    text_ += text;
  } else {
    text_ += escape_of(look);
    text_ += text;
    text_ += "\x1b[0m";
  }
  return *this;
}

page& page::to(std::size_t column) {
  auto const spaces = column_ < column ? column - column_ : column_ > 0 ? 1 : 0;
  text_.append(spaces, ' ');
  column_ += spaces;
  return *this;
}

page& page::right(std::size_t column, std::string_view text, style look) {
  auto const width = columns_of(text);
  return to(column > width ? column - width : 0).put(text, look);
}

page& page::rest(std::string_view text, style look) {
  return put(fitted(text, page_columns - std::min(page_columns, column_)), look);
}

void page::end_line() {
  // A line of blanks only, or an aligned cell without text, leaves spaces behind.
  text_.erase(text_.find_last_not_of(' ') + 1);
  text_ += '\n';
  column_ = 0;
}

void page::gap() {
  if (!text_.empty() && !text_.ends_with("\n\n")) {
    text_ += '\n';
  }
}

void page::list(std::vector<std::string> const& items) {
  auto const indent = column_;
  std::vector<std::string> words;
  for (std::size_t index = 0; index < items.size(); ++index) {
    auto item = items[index] + (index + 1 < items.size() ? "," : "");
    while (indent + columns_of(item) > page_columns) { // "9 closed (idle 8, ...": in its parts
      auto const end = item.find(", ");
      if (end == std::string::npos) {
        break;
      }
      words.push_back(item.substr(0, end + 1));
      item.erase(0, end + 2);
    }
    words.push_back(std::move(item));
  }
  fill(words, indent, style::plain);
}

void page::paragraph(std::string_view text) { paragraph(text, column_); }

void page::paragraph(std::string_view text, std::size_t indent, style look) {
  std::vector<std::string> words;
  while (!text.empty()) {
    auto const space = text.find(' ');
    words.emplace_back(text.substr(0, space));
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
  }
  fill(words, indent, look);
}

void page::fill(std::vector<std::string> const& words, std::size_t indent, style look) {
  for (std::size_t index = 0; index < words.size(); ++index) {
    auto const gap_columns = index > 0 ? 1U : 0U;
    if (column_ > indent && column_ + gap_columns + columns_of(words[index]) > page_columns) {
      end_line();
      to(indent);
    } else if (index > 0) {
      put(" ");
    }
    rest(words[index], look);
  }
  end_line();
}

} // namespace conecta::report
