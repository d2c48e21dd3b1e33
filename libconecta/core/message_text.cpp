#include "core/message_text.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace conecta::core {

namespace {

constexpr std::array<std::string_view, 5> reject_names{"closed", "exhausted", "timed_out",
                                                       "cancelled", "queue_full"};

std::string text_of(slot_ref slot) {
  return "s" + std::to_string(slot.index) + "." + std::to_string(slot.generation);
}
std::string text_of(ticket caller) {
  return "t" + std::to_string(caller.place) + "." + std::to_string(caller.generation);
}
std::string text_of(health found) { return found == health::good ? "good" : "bad"; }
std::string deadline_text(instant when) {
  return when == never ? "deadline=never"
                       : "deadline=" + std::to_string(when.time_since_epoch().count());
}

struct writer {
  std::string operator()(acquire const& e) const { return "acquire " + deadline_text(e.deadline); }
  std::string operator()(cancel const& e) const { return "cancel " + text_of(e.caller); }
  std::string operator()(give_back const& e) const { return "give_back " + text_of(e.slot); }
  std::string operator()(discard const& e) const {
    return "discard " + text_of(e.slot) + " " + std::string{name_of(e.reason)};
  }
  std::string operator()(detach const& e) const { return "detach " + text_of(e.slot); }
  std::string operator()(reserve const&) const { return "reserve"; }
  std::string operator()(opened const& e) const { return "opened " + text_of(e.slot); }
  std::string operator()(open_failed const& e) const { return "open_failed " + text_of(e.slot); }
  std::string operator()(checked const& e) const {
    return "checked " + text_of(e.slot) + " " + text_of(e.found);
  }
  std::string operator()(reset_done const& e) const {
    return "reset_done " + text_of(e.slot) + " " + text_of(e.found);
  }
  std::string operator()(closed const& e) const { return "closed " + text_of(e.slot); }
  std::string operator()(tick const&) const { return "tick"; }
  std::string operator()(drain const&) const { return "drain"; }

  std::string operator()(open const& a) const {
    return "open " + text_of(a.slot) + " " + deadline_text(a.deadline);
  }
  std::string operator()(check const& a) const {
    return "check " + text_of(a.slot) + " failures=" + std::to_string(a.failures_so_far) + " " +
           deadline_text(a.deadline);
  }
  std::string operator()(reset const& a) const {
    return "reset " + text_of(a.slot) + " " + deadline_text(a.deadline);
  }
  std::string operator()(close const& a) const {
    return "close " + text_of(a.slot) + " " + std::string{name_of(a.reason)} + " " +
           deadline_text(a.deadline);
  }
  std::string operator()(interrupt const& a) const { return "interrupt " + text_of(a.slot); }
  std::string operator()(grant const& a) const {
    return "grant " + text_of(a.caller) + " " + text_of(a.slot);
  }
  std::string operator()(reject const& a) const {
    return "reject " + text_of(a.caller) + " " +
           std::string{reject_names[static_cast<std::size_t>(a.reason)]};
  }
  std::string operator()(drained const&) const { return "drained"; }
};

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  Number value{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

/// `s3.7` or `t3.7`: the letter, the place and the generation.
template <class Id>
std::optional<Id> id_from(char letter, std::string_view text) {
  auto const dot = text.find('.');
  if (text.empty() || text.front() != letter || dot == std::string_view::npos) {
    return std::nullopt;
  }
  auto const place = number_from<std::uint32_t>(text.substr(1, dot - 1));
  auto const generation = number_from<std::uint32_t>(text.substr(dot + 1));
  if (!place || !generation) {
    return std::nullopt;
  }
  return Id{*place, *generation};
}

std::optional<health> health_from(std::string_view text) {
  return text == "good"  ? std::optional{health::good}
         : text == "bad" ? std::optional{health::bad}
                         : std::nullopt;
}

std::optional<close_reason> reason_from(std::string_view text) {
  for (std::size_t i = 0; i < close_reason_count; ++i) {
    if (auto const reason = static_cast<close_reason>(i); name_of(reason) == text) {
      return reason;
    }
  }
  return std::nullopt;
}

std::optional<event> acquire_from(std::string_view text) {
  constexpr std::string_view key = "deadline=";
  if (!text.starts_with(key)) {
    return std::nullopt;
  }
  text.remove_prefix(key.size());
  if (text == "never") {
    return acquire{never};
  }
  auto const count = number_from<duration::rep>(text);
  return count ? std::optional<event>{acquire{instant{duration{*count}}}} : std::nullopt;
}

template <class Event>
std::optional<event> about_slot(std::string_view text) {
  auto const slot = id_from<slot_ref>('s', text);
  return slot ? std::optional<event>{Event{*slot}} : std::nullopt;
}

} // namespace

std::string to_text(event const& what) { return std::visit(writer{}, what); }
std::string to_text(action const& what) { return std::visit(writer{}, what); }

std::optional<event> event_from_text(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    auto const blank = text.find(' ');
    words.push_back(text.substr(0, blank));
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  if (words.size() == 1) {
    return words[0] == "tick"      ? std::optional<event>{tick{}}
           : words[0] == "drain"   ? std::optional<event>{drain{}}
           : words[0] == "reserve" ? std::optional<event>{reserve{}}
                                   : std::nullopt;
  }
  if (words.size() == 2) {
    using reader = std::optional<event> (*)(std::string_view);
    constexpr std::array<std::pair<std::string_view, reader>, 6> readers{{
        {"acquire", acquire_from},
        {"give_back", about_slot<give_back>},
        {"detach", about_slot<detach>},
        {"opened", about_slot<opened>},
        {"open_failed", about_slot<open_failed>},
        {"closed", about_slot<closed>},
    }};
    for (auto const& [name, read] : readers) {
      if (words[0] == name) {
        return read(words[1]);
      }
    }
    auto const caller = id_from<ticket>('t', words[1]);
    return words[0] == "cancel" && caller ? std::optional<event>{cancel{*caller}} : std::nullopt;
  }
  if (words.size() != 3) {
    return std::nullopt;
  }
  auto const slot = id_from<slot_ref>('s', words[1]);
  if (!slot) {
    return std::nullopt;
  }
  if (words[0] == "discard") {
    auto const reason = reason_from(words[2]);
    return reason ? std::optional<event>{discard{*slot, *reason}} : std::nullopt;
  }
  auto const found = health_from(words[2]);
  if (!found) {
    return std::nullopt;
  }
  return words[0] == "checked"      ? std::optional<event>{checked{*slot, *found}}
         : words[0] == "reset_done" ? std::optional<event>{reset_done{*slot, *found}}
                                    : std::nullopt;
}

} // namespace conecta::core
