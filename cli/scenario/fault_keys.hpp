#pragma once

// Keys of faults for the one table of them, fault_table.cpp: what every fault has, what several
// types share, the objects in them, and what embedded targets do.

#include "scenario/key_tables.hpp"

#include <array>
#include <span>
#include <string_view>

namespace conecta::scenario::fault_key {

using namespace std::literals;
using enum presence;

inline constexpr std::array affected_names{"all"sv, "new"sv, "existing"sv};
inline constexpr std::array direction_names{"downstream"sv, "upstream"sv, "both"sv};

inline constexpr key_rule applies_to_key{.name = "applies_to",
                                         .what = shape::choice,
                                         .meaning =
                                             "connections opened before the window, in it, or both",
                                         .fallback = "\"all\"",
                                         .choices = affected_names};
inline constexpr key_rule direction_key{.name = "direction",
                                        .what = shape::choice,
                                        .meaning = "downstream is from the server to the client",
                                        .fallback = "\"downstream\"",
                                        .choices = direction_names};

// In their place: what new connections alone can meet, and what has no direction to choose.
inline constexpr std::span<std::string_view const> not_existing{affected_names.data(), 2};
inline constexpr key_rule only_new{.name = "applies_to",
                                   .what = shape::choice,
                                   .meaning = "only new connections are met, whatever it says",
                                   .fallback = "\"all\"",
                                   .choices = not_existing};
inline constexpr std::span<std::string_view const> only_down{direction_names.data(), 1};
inline constexpr key_rule undirected{.name = "direction",
                                     .what = shape::choice,
                                     .meaning = "no other makes sense here",
                                     .fallback = "\"downstream\"",
                                     .choices = only_down};

inline constexpr key_rule every_connection{.name = "applies_to",
                                           .what = shape::choice,
                                           .meaning = "a port is closed for all",
                                           .fallback = "\"all\"",
                                           .choices = not_existing.first(1)};

inline constexpr std::array repeat_keys{
    key_rule{.name = "every",
             .what = shape::duration,
             .meaning = "from one window's start to the next, at least the key \"for\"",
             .need = required,
             .low = 1,
             .high = thirty_days},
    key_rule{.name = "count",
             .what = shape::whole,
             .meaning = "so many windows",
             .need = required,
             .low = 1,
             .high = 1'000'000},
};
inline constexpr object_rule repeat_rule{"a repetition", repeat_keys, {}, {}};

inline constexpr std::array burst_keys{
    key_rule{.name = "p",
             .what = shape::real,
             .meaning = "that a burst of losses begins, drawn for each datagram",
             .need = required},
    key_rule{.name = "r",
             .what = shape::real,
             .meaning = "that it ends, drawn likewise",
             .need = required},
};
inline constexpr object_rule burst_rule{"a burst", burst_keys, {}, {}};
inline constexpr std::array loss_keys{
    key_rule{.name = "burst",
             .what = shape::object,
             .meaning = "losses come in bursts (Gilbert-Elliott); without it each on its own",
             .fallback = "null",
             .inner = &burst_rule,
             .none = nullable::means_none},
};

// Of embedded targets.
inline constexpr std::array idle_keys{
    key_rule{.name = "after",
             .what = shape::duration,
             .meaning = "of silence",
             .need = required,
             .low = 1,
             .high = ten_years},
    undirected,
};
inline constexpr std::array most_keys{
    key_rule{.name = "n",
             .what = shape::whole,
             .meaning = "so many connections at once",
             .need = required,
             .low = 1,
             .high = 1'000'000},
    only_new,
    undirected,
};
inline constexpr key_rule everybody{.name = "applies_to",
                                    .what = shape::choice,
                                    .meaning = "all are met",
                                    .fallback = "\"all\"",
                                    .choices = not_existing.first(1)};
inline constexpr std::array slow_keys{
    key_rule{.name = "delay",
             .what = shape::duration,
             .meaning = "so much later",
             .need = required,
             .high = ten_years},
    everybody,
    undirected,
};
inline constexpr std::array error_keys{
    key_rule{.name = "code",
             .what = shape::text,
             .meaning = "the protocol's own, such as \"LOADING\", \"53300\", \"1040\", \"503\"",
             .need = required,
             .low = 1,
             .high = 32},
    everybody,
    undirected,
};
inline constexpr std::array restart_keys{
    key_rule{.name = "down",
             .what = shape::duration,
             .meaning = "until the port is open again, at the window's end at the latest",
             .need = required,
             .high = ten_years},
    everybody,
    undirected,
};

} // namespace conecta::scenario::fault_key
