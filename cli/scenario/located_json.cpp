#include "scenario/located_json.hpp"

#include "scenario/utf8.hpp"
#include "scenario/wording.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <span>
#include <unordered_set>
#include <utility>

namespace conecta::scenario {
namespace {

using json = nlohmann::json;

std::uint32_t line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::uint32_t>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

// SAX tells no positions: this iterator notes how far the lexer has read.
class noting_iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = char const*;
  using reference = char const&;

  noting_iterator(char const* at, char const** noted) noexcept : at_{at}, noted_{noted} {}
  reference operator*() const noexcept { return *at_; }
  noting_iterator& operator++() noexcept {
    *noted_ = ++at_;
    return *this;
  }
  noting_iterator operator++(int) noexcept {
    noting_iterator const before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(noting_iterator const& a, noting_iterator const& b) noexcept {
    return a.at_ == b.at_;
  }

 private:
  char const* at_;
  char const** noted_;
};

class tree_builder {
 public:
  tree_builder(std::string_view text, std::uint32_t override, problem_list& problems)
      : text_{text}, read_{text.data()}, override_{override}, problems_{problems} {}

  [[nodiscard]] std::optional<node> build() {
    bool const whole = json::sax_parse(noting_iterator{text_.data(), &read_},
                                       noting_iterator{text_.data() + text_.size(), &read_}, this,
                                       json::input_format_t::json, true, true);
    if (!whole) {
      return std::nullopt;
    }
    return std::move(root_);
  }

  // What nlohmann's parser calls.
  bool null() { return put(at(value_kind::null)); }
  bool boolean(bool value) {
    node made = at(value_kind::boolean);
    made.truth = value;
    return put(std::move(made));
  }
  bool number_integer(json::number_integer_t value) {
    return put_number(static_cast<double>(value), std::nullopt);
  }
  bool number_unsigned(json::number_unsigned_t value) {
    return put_number(static_cast<double>(value), value);
  }
  bool number_float(double value, std::string const&) { return put_number(value, std::nullopt); }
  bool string(std::string& value) {
    node made = at(value_kind::string);
    made.text = std::move(value);
    return put(std::move(made));
  }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return enter(value_kind::object); }
  bool start_array(std::size_t) { return enter(value_kind::array); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }

  bool key(std::string& name) {
    level& open = open_.back();
    open.key = std::move(name);
    open.key_place = here();
    open.duplicate = !open.seen.insert(open.key).second;
    if (open.duplicate) {
      problems_.add(open.key_place, pointer(), "the key " + in_quotes(open.key) + " is here twice");
    }
    return true;
  }

  bool parse_error(std::size_t, std::string const&, json::exception const& thrown) {
    std::string const why = reason(thrown.what());
    place where = here();
    if (override_ == 0 && why.find("unexpected end of input") != std::string::npos) {
      where.line = line_at(text_, text_.size());
    }
    constexpr std::string_view overflow = "number overflow parsing ";
    if (why.starts_with(overflow)) {
      auto const number = std::string_view{why}.substr(overflow.size() + 1);
      problems_.add(where, pointer(),
                    "found " + std::string{number.substr(0, number.find('\''))} +
                        ": a number this large does not fit");
    } else {
      problems_.add(where, {}, "not JSON: " + why);
    }
    return false;
  }

 private:
  struct level {
    node value;
    std::unordered_set<std::string> seen;
    std::string key;
    place key_place;
    bool duplicate = false;
  };

  // Of the value that is being read, or of the key that was read last.
  [[nodiscard]] std::string pointer() const {
    std::string path;
    for (level const& each : problems_.full() ? std::span<level const>{} : std::span{open_}) {
      path = below(path, each.value.kind == value_kind::array
                             ? std::to_string(each.value.items.size())
                             : each.key);
    }
    return path;
  }

  // The character read last belongs to the token, or ends it on the same line.
  [[nodiscard]] place here() {
    auto const upto = static_cast<std::size_t>(read_ - text_.data());
    std::size_t const last = upto > 0 ? upto - 1 : 0;
    line_ += static_cast<std::uint32_t>(
        std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                   text_.begin() + static_cast<std::ptrdiff_t>(std::max(counted_, last)), '\n'));
    counted_ = std::max(counted_, last);
    return override_ != 0 ? place{0, override_} : place{line_, 0};
  }

  [[nodiscard]] node at(value_kind kind) {
    node made;
    made.kind = kind;
    made.where = here();
    return made;
  }

  bool put_number(double real, std::optional<std::uint64_t> whole) {
    node made = at(value_kind::number);
    made.real = real;
    made.whole = whole;
    constexpr std::string_view letters = "+-.0123456789eE";
    auto const upto = static_cast<std::size_t>(read_ - text_.data());
    std::string_view const before = text_.substr(0, upto);
    std::size_t const last = before.find_last_of(letters);
    std::size_t const first = before.find_last_not_of(letters, last);
    made.text = before.substr(first + 1, last - first);
    return put(std::move(made));
  }

  bool enter(value_kind kind) {
    if (open_.size() >= max_scenario_depth) {
      problems_.add(here(), {},
                    "nested deeper than " + std::to_string(max_scenario_depth) + " levels");
      return false;
    }
    level entered;
    entered.value = at(kind);
    open_.push_back(std::move(entered));
    return true;
  }

  bool leave() {
    node done = std::move(open_.back().value);
    open_.pop_back();
    return put(std::move(done));
  }

  bool put(node value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    level& open = open_.back();
    if (open.value.kind == value_kind::array) {
      open.value.items.push_back(std::move(value));
    } else if (!open.duplicate) {
      open.value.members.push_back({std::move(open.key), open.key_place, std::move(value)});
    }
    return true;
  }

  // "[json.exception...] parse error at line 3, column 5: syntax error ...": the last part is ours.
  static std::string reason(std::string_view what) {
    if (std::size_t const end = what.find("] "); end != std::string_view::npos) {
      what.remove_prefix(end + 2);
    }
    std::string column;
    if (what.starts_with("parse error at line")) {
      std::size_t const colon = what.find(": ");
      std::size_t const comma = what.find("column ");
      if (colon != std::string_view::npos && comma < colon) {
        column = " (" + std::string{what.substr(comma, colon - comma)} + ")";
        what.remove_prefix(colon + 2);
      }
    }
    return printable(what, 200) + column;
  }

  std::string_view text_;
  char const* read_;
  std::uint32_t override_;
  problem_list& problems_;
  std::uint32_t line_ = 1;
  std::size_t counted_ = 0;
  std::vector<level> open_;
  std::optional<node> root_;
};

void append_string(std::string const& text, bool ascii, std::string& out) {
  out += json(text).dump(-1, ' ', ascii, json::error_handler_t::replace);
}

void append_compact(node const& value, std::string& out, std::size_t most) {
  if (out.size() > most) {
    return;
  }
  switch (value.kind) {
  case value_kind::null:
    out += "null";
    return;
  case value_kind::boolean:
    out += value.truth ? "true" : "false";
    return;
  case value_kind::number:
    out += value.text;
    return;
  case value_kind::string:
    append_string(value.raw.value_or(value.text), false, out);
    return;
  case value_kind::array: {
    char const* separator = "[";
    for (node const& item : value.items) {
      out += std::exchange(separator, ", ");
      append_compact(item, out, most);
    }
    out += value.items.empty() ? "[]" : "]";
    return;
  }
  case value_kind::object: {
    char const* separator = "{ ";
    for (member const& each : value.members) {
      out += std::exchange(separator, ", ");
      append_string(each.key, false, out);
      out += ": ";
      append_compact(each.value, out, most);
    }
    out += value.members.empty() ? "{}" : " }";
    return;
  }
  }
}

constexpr std::size_t line_width = 100;

void append_indented(node const& value, std::size_t indent, std::string& out) {
  std::string flat;
  append_compact(value, flat, line_width);
  bool const nested = value.kind == value_kind::array || value.kind == value_kind::object;
  // The root is spread out always: it is a document, not a value.
  if (!nested || (indent > 0 && flat.size() + indent <= line_width)) {
    if (nested || flat.size() <= line_width) {
      out += flat;
    } else {
      append_compact(value, out, static_cast<std::size_t>(-1));
    }
    return;
  }
  std::string const inner(indent + 2, ' ');
  bool first = true;
  auto const next_line = [&] {
    out += first ? "\n" : ",\n";
    out += inner;
    first = false;
  };
  out += value.kind == value_kind::array ? "[" : "{";
  for (node const& item : value.items) {
    next_line();
    append_indented(item, indent + 2, out);
  }
  for (member const& each : value.members) {
    next_line();
    append_string(each.key, false, out);
    out += ": ";
    append_indented(each.value, indent + 2, out);
  }
  if (!first) {
    out += "\n" + std::string(indent, ' ');
  }
  out += value.kind == value_kind::array ? "]" : "}";
}

// What stands between // and @ in a URL may be a password.
std::string without_secret(std::string_view text) {
  std::size_t const start = text.find("://");
  std::size_t const at = text.rfind('@');
  if (start == std::string_view::npos || at == std::string_view::npos || at < start) {
    return std::string{text};
  }
  return std::string{text.substr(0, start + 3)} + "***" + std::string{text.substr(at)};
}

} // namespace

node const* node::find(std::string_view key) const noexcept {
  auto const found = std::find_if(members.begin(), members.end(),
                                  [&](member const& each) { return each.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

node* node::find(std::string_view key) noexcept {
  return const_cast<node*>(std::as_const(*this).find(key));
}

node string_node(std::string text, place where) {
  node made;
  made.kind = value_kind::string;
  made.where = where;
  made.text = std::move(text);
  return made;
}

std::optional<node> parse_located(std::string_view text, problem_list& problems,
                                  std::uint32_t override) {
  auto const refuse = [&](std::size_t offset, std::string reason) {
    problems.add(override != 0 ? place{0, override} : place{line_at(text, offset), 0}, {},
                 std::move(reason));
    return std::nullopt;
  };
  if (text.size() > max_scenario_size) {
    return refuse(0, "larger than 1 MiB");
  }
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return refuse(0, text.empty() ? "empty" : "nothing but white space");
  }
  if (text.starts_with("\xef\xbb\xbf")) {
    return refuse(0, "begins with a byte order mark; save it as UTF-8 without one");
  }
  if (auto const bad = first_bad_utf8(text)) {
    return refuse(*bad, "not UTF-8 text, at byte " + std::to_string(*bad));
  }
  return tree_builder{text, override, problems}.build();
}

std::string shown(node const& value) {
  constexpr std::size_t most = 60;
  if (value.kind == value_kind::string) {
    return in_quotes(without_secret(value.raw.value_or(value.text)), most);
  }
  std::string text;
  append_compact(value, text, most);
  return printable(text, most);
}

std::string written(node const& value) {
  std::string text;
  append_indented(value, 0, text);
  text += '\n';
  return text;
}

} // namespace conecta::scenario
