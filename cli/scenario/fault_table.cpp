#include "scenario/fault_table.hpp"

#include "scenario/fault_keys.hpp"
#include "scenario/key_tables.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace conecta::scenario {
namespace {

using namespace std::literals;
using enum presence;
using fault::fault_type;
using namespace fault_key;

// -- keys of single types

constexpr std::array distribution_names{"uniform"sv, "normal"sv, "pareto"sv};
constexpr std::array latency_keys{
    key_rule{.name = "delay",
             .what = shape::duration,
             .meaning = "so much later",
             .need = required,
             .high = ten_years},
    key_rule{.name = "jitter",
             .what = shape::duration,
             .meaning = "half the width of a uniform spread, else its standard deviation",
             .fallback = "\"0s\"",
             .high = ten_years},
    key_rule{.name = "distribution",
             .what = shape::choice,
             .meaning = "how the jitter is drawn",
             .fallback = "\"uniform\"",
             .choices = distribution_names},
};
constexpr std::array stall_keys{
    key_rule{.name = "after_bytes",
             .what = shape::size,
             .meaning = "so much of the reply passes first",
             .fallback = "0"},
    undirected,
};
constexpr std::array per_names{"connection"sv, "request"sv};
constexpr std::array cut_keys{
    key_rule{.name = "after_bytes",
             .what = shape::size,
             .meaning = "so much passes first: of all replies, or of the one that was drawn",
             .fallback = "0"},
    key_rule{.name = "per",
             .what = shape::choice,
             .meaning = "what it is drawn for, and whose bytes count",
             .fallback = "\"connection\"",
             .choices = per_names},
    undirected,
};
constexpr std::array refuse_keys{only_new, undirected};
constexpr key_rule both_ways{.name = "direction",
                             .what = shape::choice,
                             .meaning = "downstream is from the server to the client",
                             .fallback = "\"both\"",
                             .choices = direction_names};
constexpr std::array blackhole_keys{both_ways};
constexpr std::array rate_keys{
    key_rule{.name = "rate",
             .what = shape::bytes_per_second,
             .meaning = "bytes a second",
             .fallback = "\"64KiB/s\"",
             .low = 1},
    key_rule{.name = "queue",
             .what = shape::size,
             .meaning = "so much waits for its turn; then TCP reads no more, UDP drops",
             .fallback = "\"64KiB\"",
             .low = 1},
};
constexpr std::array slicer_keys{
    key_rule{.name = "size",
             .what = shape::size,
             .meaning = "of a slice",
             .fallback = "\"64B\"",
             .low = 1},
    key_rule{.name = "gap",
             .what = shape::duration,
             .meaning = "between two slices",
             .fallback = "\"1ms\"",
             .high = ten_years},
};
constexpr std::array slow_close_keys{
    key_rule{.name = "delay",
             .what = shape::duration,
             .meaning = "so much later",
             .fallback = "\"1s\"",
             .high = ten_years},
};
constexpr std::array connect_delay_keys{slow_close_keys[0], only_new, undirected};
constexpr std::array corrupt_keys{
    key_rule{.name = "bits",
             .what = shape::whole,
             .meaning = "so many different ones",
             .fallback = "1",
             .low = 1,
             .high = 4096},
};
constexpr std::array truncate_keys{
    key_rule{.name = "bytes", .what = shape::size, .meaning = "so many are left", .need = required},
};
constexpr std::array extra_keys{
    key_rule{.name = "send",
             .what = shape::text,
             .meaning = "what nobody asked for",
             .need = required,
             .low = 1,
             .high = 65536},
    undirected,
};

constexpr std::array reorder_keys{
    key_rule{.name = "gap",
             .what = shape::whole,
             .meaning = "so many datagrams overtake it",
             .fallback = "1",
             .low = 1,
             .high = 1024},
};
constexpr std::array port_keys{every_connection, undirected};

constexpr std::array signal_keys{
    key_rule{.name = "pid_file",
             .what = shape::text,
             .meaning = "whose first line is the number of the server's process",
             .need = required,
             .low = 1,
             .high = 4095},
    everybody,
    undirected,
};

constexpr std::array mode_names{"missing"sv, "slow"sv, "change"sv};
constexpr std::array name_keys{
    key_rule{.name = "mode",
             .what = shape::choice,
             .meaning = "there is no such name, its answer is late, or it is another",
             .fallback = "\"missing\"",
             .choices = mode_names},
    key_rule{.name = "delay",
             .what = shape::duration,
             .meaning = "slow: so much later",
             .low = 1,
             .high = ten_years},
    key_rule{.name = "address",
             .what = shape::text,
             .meaning = "change: what it answers, such as \"127.0.0.2\"",
             .low = 1,
             .high = 64},
    only_new,
    undirected,
};

constexpr std::array descriptor_keys{
    key_rule{.name = "n",
             .what = shape::whole,
             .meaning = "so many more descriptors",
             .need = required,
             .high = 1'000'000},
    only_new,
    undirected,
};
constexpr std::array port_range_keys{
    key_rule{.name = "n",
             .what = shape::whole,
             .meaning = "so many local ports",
             .need = required,
             .high = 1000},
    only_new,
    undirected,
};

// -- the table

constexpr std::array rows{
    fault_row{.type = fault_type::latency,
              .drawn_per = "chunk or datagram",
              .meaning = "it arrives later by that much; on TCP in order, at no lower rate",
              .keys = latency_keys},
    fault_row{.type = fault_type::bandwidth,
              .drawn_per = "connection",
              .meaning = "bytes pass at that rate",
              .keys = rate_keys},
    fault_row{.type = fault_type::slicer,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection",
              .meaning = "bytes pass in small slices",
              .keys = slicer_keys},
    fault_row{.type = fault_type::stall,
              .drawn_per = "request",
              .meaning = "the reply stops until the window ends",
              .keys = stall_keys},
    fault_row{.type = fault_type::blackhole,
              .drawn_per = "connection",
              .meaning = "nothing passes, no end either; nobody can connect",
              .keys = blackhole_keys},
    fault_row{.type = fault_type::reset,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection or request",
              .meaning = "a real RST, on live connections too",
              .keys = cut_keys},
    fault_row{.type = fault_type::close,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection or request",
              .meaning = "a FIN after so much of the reply",
              .keys = cut_keys},
    fault_row{.type = fault_type::half_close,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection",
              .meaning = "a FIN one way, what follows is not read; the other way goes on"},
    fault_row{.type = fault_type::slow_close,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection",
              .meaning = "the FIN of the sender arrives later",
              .keys = slow_close_keys},
    fault_row{.type = fault_type::refuse,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection",
              .meaning = "the port is closed: ECONNREFUSED",
              .keys = refuse_keys},
    fault_row{.type = fault_type::accept_close,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection",
              .meaning = "accepted, then a FIN at once",
              .keys = refuse_keys},
    fault_row{.type = fault_type::backlog_full,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection",
              .meaning = "nobody can connect: the attempts time out",
              .keys = refuse_keys},
    fault_row{.type = fault_type::connect_delay,
              .carrier = fault_carrier::tcp,
              .drawn_per = "connection",
              .meaning = "the relay connects to the server later: the first byte is late",
              .keys = connect_delay_keys},
    fault_row{.type = fault_type::corrupt,
              .drawn_per = "chunk or datagram",
              .meaning = "bits are flipped",
              .keys = corrupt_keys},
    fault_row{.type = fault_type::truncate,
              .drawn_per = "chunk or datagram",
              .meaning = "it is cut short",
              .keys = truncate_keys},
    fault_row{.type = fault_type::extra_reply,
              .drawn_per = "request",
              .meaning = "more follows the first chunk of the reply",
              .keys = extra_keys},
    fault_row{.type = fault_type::loss,
              .carrier = fault_carrier::udp,
              .drawn_per = "datagram",
              .meaning = "it is dropped",
              .keys = loss_keys},
    fault_row{.type = fault_type::duplicate,
              .carrier = fault_carrier::udp,
              .drawn_per = "datagram",
              .meaning = "it arrives twice"},
    fault_row{.type = fault_type::reorder,
              .carrier = fault_carrier::udp,
              .drawn_per = "datagram",
              .meaning = "others overtake it, or the window ends",
              .keys = reorder_keys},
    fault_row{.type = fault_type::port_closed,
              .carrier = fault_carrier::udp,
              .drawn_per = "window",
              .meaning = "the port is closed: ECONNREFUSED",
              .keys = port_keys},
    fault_row{.type = fault_type::pause,
              .needs = fault_needs::url,
              .drawn_per = "window",
              .meaning = "the server's process is stopped: SIGSTOP, then SIGCONT",
              .keys = signal_keys},
    fault_row{.type = fault_type::kill,
              .needs = fault_needs::url,
              .drawn_per = "window",
              .meaning = "the server's process is killed: SIGKILL, once",
              .keys = signal_keys},
    fault_row{.type = fault_type::name,
              .needs = fault_needs::host_name,
              .drawn_per = "resolution",
              .meaning = "the name of its host is missing, answered late, or another address's",
              .keys = name_keys},
    fault_row{.type = fault_type::fd_limit,
              .drawn_per = "window",
              .meaning = "Conecta gets `n` more descriptors, then none: EMFILE",
              .keys = descriptor_keys},
    fault_row{.type = fault_type::port_range,
              .needs = fault_needs::own_sockets,
              .drawn_per = "window",
              .meaning = "new connections have `n` local ports: EADDRNOTAVAIL",
              .keys = port_range_keys},
    fault_row{.type = fault_type::idle_disconnect,
              .carrier = fault_carrier::tcp,
              .needs = fault_needs::target,
              .drawn_per = "connection",
              .meaning = "a connection that was silent for so long is closed",
              .keys = idle_keys},
    fault_row{.type = fault_type::max_connections,
              .carrier = fault_carrier::tcp,
              .needs = fault_needs::target,
              .drawn_per = "connection",
              .meaning = "one more than so many is closed at once",
              .keys = most_keys},
    fault_row{.type = fault_type::slow_reply,
              .needs = fault_needs::target,
              .drawn_per = "request",
              .meaning = "the server answers so much later",
              .keys = slow_keys},
    fault_row{.type = fault_type::error_reply,
              .carrier = fault_carrier::tcp,
              .needs = fault_needs::target,
              .drawn_per = "request",
              .meaning = "the server answers with its protocol's error `code`",
              .keys = error_keys},
    fault_row{.type = fault_type::restart,
              .needs = fault_needs::target,
              .drawn_per = "window",
              .meaning = "port and connections are closed; it serves again after `down`",
              .keys = restart_keys},
};

template <class Made, class Make>
constexpr std::array<Made, rows.size()> of_each_row(Make make) {
  std::array<Made, rows.size()> made{};
  std::ranges::transform(rows, made.begin(), make);
  return made;
}

constexpr auto type_names =
    of_each_row<std::string_view>([](fault_row const& row) { return row.name(); });
constexpr auto own_keys = of_each_row<variant_rule>(
    [](fault_row const& row) { return variant_rule{row.name(), row.keys}; });

constexpr std::array fault_keys{
    key_rule{
        .name = "id", .what = shape::name, .meaning = "what the result calls it", .need = required},
    key_rule{.name = "endpoint",
             .what = shape::name,
             .meaning = "the id of the endpoint that it is done to",
             .need = required},
    key_rule{
        .name = "type",
        .what = shape::choice,
        .meaning = "what is done",
        .need = required,
        .choices = type_names,
    },
    key_rule{.name = "at",
             .what = shape::moment,
             .meaning = "when it begins: \"STAGE+OFFSET\"",
             .need = required},
    key_rule{.name = "for",
             .what = shape::duration,
             .meaning = "how long it lasts",
             .need = required,
             .low = 1,
             .high = thirty_days},
    key_rule{.name = "repeat",
             .what = shape::object,
             .meaning = "how often the window opens; without it once",
             .fallback = "null",
             .inner = &repeat_rule,
             .none = nullable::means_none},
    key_rule{.name = "probability",
             .what = shape::real,
             .meaning = "that it happens, each time it is drawn",
             .fallback = "1"},
    applies_to_key,
    direction_key,
};

bool is_common(key_rule const& key) {
  return std::ranges::find(fault_keys, key.name, &key_rule::name) != fault_keys.end();
}

/// "`delay`, `jitter` (0s)"
std::string keys_in_words(fault_row const& row) {
  std::string words;
  for (auto const& key : row.keys) {
    if (is_common(key) || key.need == later) {
      continue;
    }
    words += (words.empty() ? "`" : ", `") + std::string{key.name} + "`";
    if (!key.fallback.empty()) {
      std::string value{key.fallback};
      std::erase(value, '"');
      words += " (" + value + ")";
    }
  }
  return words.empty() ? "-" : words;
}

} // namespace

constexpr object_rule fault_rule{"a fault", fault_keys, "type", {}, own_keys};

std::span<fault_row const> fault_table() noexcept { return rows; }

fault_row const& row_of(fault::fault_type type) noexcept {
  return *std::ranges::find(rows, type, &fault_row::type);
}

std::string markdown_row(fault_row const& row) {
  std::string const wire = !row.fits_udp() ? "TCP" : row.fits_tcp() ? "TCP, UDP" : "UDP";
  auto const over = wire + (fault::doer_of(row.type) == fault::done_by::target ? ", target" : "");
  return "| `" + std::string{row.name()} + "` | " + over + " | " + keys_in_words(row) + " | " +
         std::string{row.drawn_per} + " | " + std::string{row.meaning} + " |";
}

} // namespace conecta::scenario
