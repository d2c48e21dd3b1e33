#include "core/message_text.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace conecta::core {

namespace {

constexpr std::array<std::string_view, reject_reason_count> reject_names{
    "closed", "exhausted", "timed_out", "cancelled", "queue_full", "open_failed", "suspended"};

std::string text_of(slot_ref slot) {
  return "s" + std::to_string(slot.index) + "." + std::to_string(slot.generation);
}
std::string text_of(ticket caller) {
  return "t" + std::to_string(caller.place) + "." + std::to_string(caller.generation);
}
std::string text_of(health found) {
  switch (found) {
  case health::good:
    return "good";
  case health::bad:
    return "bad";
  case health::unknown:
    break;
  }
  return "unknown";
}
std::string deadline_text(instant when) {
  return when == never ? "deadline=never"
                       : "deadline=" + std::to_string(when.time_since_epoch().count());
}

struct writer {
  std::string operator()(acquire const& e) const { return "acquire " + deadline_text(e.deadline); }
  std::string operator()(cancel const& e) const { return "cancel " + text_of(e.caller); }
  std::string operator()(retry const& e) const { return "retry " + text_of(e.caller); }
  std::string operator()(spurn const& e) const {
    return "spurn " + text_of(e.slot) + " " + deadline_text(e.deadline);
  }
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
  std::string operator()(resize const& e) const {
    return "resize max_size=" + std::to_string(e.max_size);
  }
  std::string operator()(invalidate const&) const { return "invalidate"; }
  std::string operator()(evict_idle const&) const { return "evict_idle"; }
  std::string operator()(suspend const&) const { return "suspend"; }
  std::string operator()(resume const&) const { return "resume"; }

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
  std::string operator()(wake const& a) const { return "wake " + text_of(a.caller); }
  std::string operator()(overdue const& a) const { return "overdue " + text_of(a.slot); }
  std::string operator()(reclaimed const& a) const { return "reclaimed " + text_of(a.slot); }
  std::string operator()(came_back const& a) const { return "came_back " + text_of(a.slot); }
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
  for (auto const each : {health::good, health::bad, health::unknown}) {
    if (text == text_of(each)) {
      return each;
    }
  }
  return std::nullopt;
}

std::optional<close_reason> reason_from(std::string_view text) {
  for (std::size_t i = 0; i < close_reason_count; ++i) {
    if (auto const reason = static_cast<close_reason>(i); name_of(reason) == text) {
      return reason;
    }
  }
  return std::nullopt;
}

std::optional<instant> deadline_from(std::string_view text) {
  constexpr std::string_view key = "deadline=";
  if (!text.starts_with(key)) {
    return std::nullopt;
  }
  text.remove_prefix(key.size());
  if (text == "never") {
    return never;
  }
  auto const count = number_from<duration::rep>(text);
  return count ? std::optional{instant{duration{*count}}} : std::nullopt;
}

using words = std::vector<std::string_view>;
using reader = std::optional<event> (*)(words const&);

template <class Event>
std::optional<event> alone(words const& said) {
  return said.size() == 1 ? std::optional<event>{Event{}} : std::nullopt;
}

template <class Event>
std::optional<event> about_slot(words const& said) {
  auto const slot = said.size() == 2 ? id_from<slot_ref>('s', said[1]) : std::nullopt;
  return slot ? std::optional<event>{Event{*slot}} : std::nullopt;
}

template <class Event>
std::optional<event> about_caller(words const& said) {
  auto const caller = said.size() == 2 ? id_from<ticket>('t', said[1]) : std::nullopt;
  return caller ? std::optional<event>{Event{*caller}} : std::nullopt;
}

/// A slot, and something about it that `read` understands.
template <class Event, auto read>
std::optional<event> about_slot_and(words const& said) {
  if (said.size() != 3) {
    return std::nullopt;
  }
  auto const slot = id_from<slot_ref>('s', said[1]);
  auto const detail = read(said[2]);
  return slot && detail ? std::optional<event>{Event{*slot, *detail}} : std::nullopt;
}

std::optional<event> acquire_from(words const& said) {
  auto const deadline = said.size() == 2 ? deadline_from(said[1]) : std::nullopt;
  return deadline ? std::optional<event>{acquire{*deadline}} : std::nullopt;
}

std::optional<event> resize_from(words const& said) {
  constexpr std::string_view key = "max_size=";
  if (said.size() != 2 || !said[1].starts_with(key)) {
    return std::nullopt;
  }
  auto const size = number_from<std::size_t>(said[1].substr(key.size()));
  return size ? std::optional<event>{resize{*size}} : std::nullopt;
}

constexpr std::array<std::pair<std::string_view, reader>, std::variant_size_v<event>> readers{{
    {"acquire", acquire_from},
    {"cancel", about_caller<cancel>},
    {"retry", about_caller<retry>},
    {"spurn", about_slot_and<spurn, deadline_from>},
    {"give_back", about_slot<give_back>},
    {"discard", about_slot_and<discard, reason_from>},
    {"detach", about_slot<detach>},
    {"reserve", alone<reserve>},
    {"opened", about_slot<opened>},
    {"open_failed", about_slot<open_failed>},
    {"checked", about_slot_and<checked, health_from>},
    {"reset_done", about_slot_and<reset_done, health_from>},
    {"closed", about_slot<closed>},
    {"tick", alone<tick>},
    {"drain", alone<drain>},
    {"resize", resize_from},
    {"invalidate", alone<invalidate>},
    {"evict_idle", alone<evict_idle>},
    {"suspend", alone<suspend>},
    {"resume", alone<resume>},
}};

} // namespace

std::string to_text(event const& what) { return std::visit(writer{}, what); }
std::string to_text(action const& what) { return std::visit(writer{}, what); }

std::optional<event> event_from_text(std::string_view const line) {
  words said;
  auto text = line;
  while (!text.empty()) {
    auto const blank = text.find(' ');
    said.push_back(text.substr(0, blank));
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  for (auto const& [name, read] : readers) {
    if (!said.empty() && said.front() == name) {
      auto const what = read(said);
      return what && to_text(*what) == line ? what : std::nullopt;
    }
  }
  return std::nullopt;
}

} // namespace conecta::core
