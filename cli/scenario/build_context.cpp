#include "scenario/build_context.hpp"

#include "scenario/wording.hpp"

namespace conecta::scenario {

void build_context::enter(name_index& names, located const& name, std::size_t index) {
  auto text = read_text(name);
  if (!text) {
    names.complete = false;
    return;
  }
  auto const [place, fresh] = names.places.emplace(*std::move(text), index);
  if (fresh) {
    names.in_order.push_back(place->first);
  } else {
    refuse(name, "found " + shown(*name) + " twice; each must be unique");
  }
}

std::optional<std::size_t> build_context::look_up(name_index const& names, located const& name,
                                                  std::string_view noun) {
  auto const text = read_text(name);
  if (!text) {
    return std::nullopt;
  }
  if (auto const found = names.places.find(*text); found != names.places.end()) {
    return found->second;
  }
  // A list with a mistake in it may well have held this name.
  if (names.complete && !problems.full()) {
    refuse(name, "found " + shown(*name) + ", no such " + std::string{noun} +
                     did_you_mean(*text, names.in_order) + "; allowed: " +
                     (names.in_order.empty() ? "nothing, there is none" : listed(names.in_order)));
  }
  return std::nullopt;
}

} // namespace conecta::scenario
