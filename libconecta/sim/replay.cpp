#include "sim/replay.hpp"

#include "base/nearest.hpp"
#include "core/message_text.hpp"
#include "sim/books.hpp"
#include "sim/option_text.hpp"
#include "sim/trace.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace conecta::sim {

namespace {

constexpr std::string_view title = "conecta-trace 1";
constexpr std::size_t longest_excerpt = 60;

/// An allocation of this size is what a mistyped header may cost.
constexpr std::size_t most_places = 1'000'000;

struct malformed {
  std::size_t line;
  std::string what;
};

struct entry {
  std::size_t line = 0;
  instant at{};
  core::event what{};
  std::vector<std::string_view> expected{};
};

struct parsed {
  origin from{};
  std::vector<entry> entries{};
  bool has_consequences = false;
};

/// Safe to print, whatever the file holds.
std::string quoted(std::string_view text) {
  std::string safe = "\"";
  for (char const letter : text.substr(0, longest_excerpt)) {
    auto const plain = letter >= ' ' && letter < 0x7f;
    safe += plain ? letter : '?';
  }
  return safe + (text.size() > longest_excerpt ? "...\"" : "\"");
}

template <class Number>
bool read_number(std::string_view text, Number& value) {
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc{} && end == text.data() + text.size();
}

class parser {
 public:
  explicit parser(std::string_view text) : rest_{text} {}

  parsed run() {
    while (!rest_.empty()) {
      auto const end = rest_.find('\n');
      auto const line = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++number_;
      if (line.empty() || line.front() == '#') {
        continue;
      }
      if (!titled_) {
        if (line != title) {
          refuse("found " + quoted(line) + "; a trace begins with " + quoted(title));
        }
        titled_ = true;
      } else if (line.starts_with("  ")) {
        consequence(line.substr(2));
      } else if (line.front() >= '0' && line.front() <= '9') {
        event(line);
      } else {
        header(line);
      }
    }
    if (!titled_) {
      refuse("there is nothing in it; a trace begins with " + quoted(title));
    }
    check_options();
    return std::move(made_);
  }

 private:
  [[noreturn]] void refuse(std::string what) const { throw malformed{number_, std::move(what)}; }

  void header(std::string_view line) {
    auto const blank = line.find(' ');
    auto const key = line.substr(0, blank);
    auto const value =
        blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
    if (!made_.entries.empty()) {
      refuse("found " + quoted(line) + " among the events; allowed: an instant and an event");
    }
    if (key == "option") {
      option(value);
    } else if (key == "hook" && value == "check") {
      made_.from.hooks.check = true;
    } else if (key == "hook" && value == "reset") {
      made_.from.hooks.reset = true;
    } else if (key == "hook" && value == "look") {
      made_.from.hooks.look = true;
    } else if (key == "seed") {
      if (!read_number(value, made_.from.seed)) {
        refuse("found seed " + quoted(value) + "; allowed: a whole number below 2^64");
      }
    } else if (key == "start") {
      made_.from.start = moment(value);
    } else {
      refuse("found " + quoted(line) +
             "; allowed: \"option NAME VALUE\", \"hook check\", \"hook reset\", \"hook look\", "
             "\"seed N\", "
             "\"start NS\", or an event");
    }
  }

  void option(std::string_view text) {
    if (options_line_ == 0) {
      options_line_ = number_;
    }
    auto const blank = text.find(' ');
    auto const name = text.substr(0, blank);
    auto const value =
        blank == std::string_view::npos ? std::string_view{} : text.substr(blank + 1);
    switch (read_option(made_.from.pool, name, value)) {
    case option_reading::read:
      return;
    case option_reading::bad_value:
      refuse("found " + quoted(value) + " for the option " + std::string{name});
    case option_reading::unknown_name:
      break;
    }
    auto const known = option_texts({});
    std::vector<std::string_view> names(known.size());
    std::transform(known.begin(), known.end(), names.begin(),
                   [](auto const& each) { return std::string_view{each.first}; });
    auto const meant = nearest_name(name, names);
    refuse("unknown option " + quoted(name) +
           (meant ? "; did you mean " + quoted(*meant) + "?" : std::string{}));
  }

  instant moment(std::string_view text) const {
    duration::rep count = 0;
    if (!read_number(text, count) || count < 0) {
      refuse("found the instant " + quoted(text) + "; allowed: whole nanoseconds from 0");
    }
    return instant{duration{count}};
  }

  void event(std::string_view line) {
    auto const blank = line.find(' ');
    auto const at = moment(line.substr(0, blank));
    auto const text = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
    auto const what = core::event_from_text(text);
    if (!what) {
      refuse("found " + quoted(text) + ", which is no event");
    }
    auto const before = made_.entries.empty() ? made_.from.start : made_.entries.back().at;
    if (at < before) {
      refuse("the instant is before that of the line above");
    }
    made_.entries.push_back({number_, at, *what, {}});
  }

  void consequence(std::string_view text) {
    if (made_.entries.empty()) {
      refuse("found " + quoted(text) + " before the first event");
    }
    made_.entries.back().expected.push_back(text);
    made_.has_consequences = true;
  }

  void check_options() {
    auto const& pool = made_.from.pool;
    number_ = options_line_;
    for (auto const& each : violations_of(pool)) {
      refuse("option " + each.field + ": found " + each.value + "; allowed: " + each.allowed);
    }
    if (pool.max_size > most_places || pool.max_waiters > most_places) {
      refuse("max_size and max_waiters of a trace are at most " + std::to_string(most_places));
    }
  }

  std::string_view rest_;
  std::size_t number_ = 0;
  std::size_t options_line_ = 0;
  bool titled_ = false;
  parsed made_;
};

/// What is written and did not come out, or came out and is not written.
std::optional<std::string> difference(entry const& written, std::vector<std::string> const& actual,
                                      std::size_t& line) {
  auto const both = std::min(written.expected.size(), actual.size());
  std::size_t same = 0;
  while (same < both && written.expected[same] == actual[same]) {
    ++same;
  }
  if (same == written.expected.size() && same == actual.size()) {
    return std::nullopt;
  }
  auto const expected = same < written.expected.size() ? quoted(written.expected[same]) : "nothing";
  auto const found = same < actual.size() ? quoted(actual[same]) : "nothing";
  line = written.line + (same < written.expected.size() ? same + 1 : same);
  return "written " + std::string{expected} + ", came out " + std::string{found} + " (of \"" +
         core::to_text(written.what) + "\", line " + std::to_string(written.line) + ")";
}

replay_report play(parsed const& trace) {
  auto const& from = trace.from;
  core::machine machine{from.pool, from.hooks, from.seed, from.start};
  books kept{from.pool, from.hooks};
  replay_report report;
  for (auto const& each : trace.entries) {
    core::action_list out;
    auto const given = feed(machine, each.at, each.what, out);
    ++report.events;
    report.line = each.line;
    if (trace.has_consequences) {
      if (auto wrong = difference(each, consequences(given, out), report.line)) {
        report.verdict = replay_verdict::different;
        report.what = *std::move(wrong);
        return report;
      }
    }
    kept.enter(each.at, each.what, given, out, machine);
    if (given.given == core::receipt::accepted) {
      kept.audit(each.at, machine);
    }
    if (kept.broken()) {
      report.verdict = replay_verdict::broken;
      report.what = *kept.broken();
      return report;
    }
  }
  return report;
}

} // namespace

replay_report replay(std::string_view trace) {
  try {
    return play(parser{trace}.run());
  } catch (malformed const& refused) {
    return {replay_verdict::malformed, 0, refused.line, refused.what};
  }
}

} // namespace conecta::sim
