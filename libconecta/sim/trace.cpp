#include "sim/trace.hpp"

#include "core/message_text.hpp"
#include "sim/fields.hpp"
#include "sim/option_text.hpp"

#include <type_traits>
#include <vector>

namespace conecta::sim {

namespace {

std::string text_of(ticket caller) {
  return "t" + std::to_string(caller.place) + "." + std::to_string(caller.generation);
}
std::string text_of(slot_ref slot) {
  return "s" + std::to_string(slot.index) + "." + std::to_string(slot.generation);
}

struct word_adder {
  trace_hash& hash;

  void operator()(instant when) const {
    hash.add(static_cast<std::uint64_t>(when.time_since_epoch().count()));
  }
  void operator()(duration length) const { hash.add(static_cast<std::uint64_t>(length.count())); }
  void operator()(slot_ref slot) const {
    hash.add((std::uint64_t{slot.index} << 32U) | slot.generation);
  }
  void operator()(ticket caller) const {
    hash.add((std::uint64_t{caller.place} << 32U) | caller.generation);
  }
  template <class Number>
    requires(std::is_integral_v<Number> || std::is_enum_v<Number>)
  void operator()(Number number) const {
    hash.add(static_cast<std::uint64_t>(number));
  }
};

template <class Message>
void add_message(trace_hash& hash, Message const& what) {
  hash.add(what.index());
  std::visit([&](auto const& message) { for_each_field(message, word_adder{hash}); }, what);
}

} // namespace

std::string header_text(origin const& of) {
  std::string text = "conecta-trace 1\n";
  for (auto const& [name, value] : option_texts(of.pool)) {
    text += "option " + name + " " + value + "\n";
  }
  text += of.hooks.check ? "hook check\n" : "";
  text += of.hooks.reset ? "hook reset\n" : "";
  text += of.hooks.look ? "hook look\n" : "";
  text += "seed " + std::to_string(of.seed) + "\n";
  text += "start " + std::to_string(of.start.time_since_epoch().count()) + "\n";
  return text;
}

std::string event_text(instant now, core::event const& what) {
  return std::to_string(now.time_since_epoch().count()) + " " + core::to_text(what);
}

std::vector<std::string> consequences(reply const& given, core::action_list const& actions) {
  std::vector<std::string> lines;
  if (given.caller) {
    lines.push_back("ticket " + text_of(*given.caller));
  } else if (given.slot) {
    lines.push_back("slot " + text_of(*given.slot));
  } else if (given.given == core::receipt::refused) {
    lines.emplace_back("refused");
  }
  for (auto const& each : actions) {
    lines.push_back(core::to_text(each));
  }
  return lines;
}

void trace_hash::add(instant now, core::event const& what, reply const& given,
                     core::action_list const& actions) noexcept {
  word_adder const words{*this};
  words(now);
  add_message(*this, what);
  words(given.given);
  words(given.caller.value_or(ticket{}));
  words(given.slot.value_or(slot_ref{}));
  words(actions.size());
  for (auto const& each : actions) {
    add_message(*this, each);
  }
}

} // namespace conecta::sim
