#pragma once

// Walks over the fields of an event or an action, whichever it is: a new one needs no line here.

#include <cstddef>
#include <type_traits>

namespace conecta::sim {

namespace counting {

struct anything {
  template <class Field>
  operator Field() const; // NOLINT: only ever named, never called
};

template <class Message, class... Fields>
consteval std::size_t fields() {
  if constexpr (requires { Message{Fields{}..., anything{}}; }) {
    return fields<Message, Fields..., anything>();
  } else {
    return sizeof...(Fields);
  }
}

} // namespace counting

template <class Message>
inline constexpr std::size_t field_count = counting::fields<Message>();

/// Calls visit(field) for each, in order. An aggregate of up to 6 fields.
template <class Message, class Visit>
void for_each_field(Message const& message, Visit&& visit) {
  constexpr auto count = field_count<Message>;
  static_assert(count <= 6, "for_each_field: one more line, please");
  if constexpr (count == 1) {
    auto const& [a] = message;
    visit(a);
  } else if constexpr (count == 2) {
    auto const& [a, b] = message;
    (visit(a), visit(b));
  } else if constexpr (count == 3) {
    auto const& [a, b, c] = message;
    (visit(a), visit(b), visit(c));
  } else if constexpr (count == 4) {
    auto const& [a, b, c, d] = message;
    (visit(a), visit(b), visit(c), visit(d));
  } else if constexpr (count == 5) {
    auto const& [a, b, c, d, e] = message;
    (visit(a), visit(b), visit(c), visit(d), visit(e));
  } else if constexpr (count == 6) {
    auto const& [a, b, c, d, e, f] = message;
    (visit(a), visit(b), visit(c), visit(d), visit(e), visit(f));
  }
}

} // namespace conecta::sim
