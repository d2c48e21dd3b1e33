#pragma once

// A conversation with a server that is a list of answers. Each is played twice, once whole and once
// byte by byte, and both must come to the same.

#include "protocol/conversation.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace conecta::protocol {

inline std::ostream& operator<<(std::ostream& out, verdict const& what) {
  return out << "{" << static_cast<int>(what.is) << ", " << what.reason << ", " << what.detail
             << "}";
}

struct played {
  std::vector<std::string> said; ///< before each answer, and the farewell
  std::optional<verdict> end;    ///< none: it waits for more
  friend bool operator==(played const&, played const&) = default;
};

/// Listens to what came so far, as whoever conducts it does.
inline void listen(conversation& with, std::string& unread, std::string& saying, played& so_far) {
  while (!unread.empty() && !so_far.end) {
    auto made = with.hear(unread);
    REQUIRE(made.used <= unread.size());
    unread.erase(0, made.used);
    saying += made.say;
    so_far.end = made.end;
    if (made.used == 0) {
      return;
    }
  }
}

enum class pieces { whole, bytes };

inline played play_in(pieces how, conversation& with, std::vector<std::string> const& answers) {
  played made;
  std::string saying = with.begin();
  std::string unread;
  for (auto const& answer : answers) {
    made.said.push_back(std::move(saying));
    saying.clear();
    auto const size = how == pieces::whole ? answer.size() : std::size_t{1};
    for (std::size_t at = 0; at < answer.size() && !made.end; at += size) {
      unread += answer.substr(at, size);
      listen(with, unread, saying, made);
    }
  }
  made.said.push_back(saying + (made.end ? with.farewell() : ""));
  return made;
}

template <class Make>
played play(Make const& make, std::vector<std::string> const& answers) {
  auto const at_once = make();
  auto const slowly = make();
  auto made = play_in(pieces::whole, *at_once, answers);
  CHECK(play_in(pieces::bytes, *slowly, answers).said == made.said);
  return made;
}

template <class Make>
verdict verdict_on(Make const& make, std::vector<std::string> const& answers) {
  auto made = play(make, answers);
  REQUIRE(made.end.has_value());
  return *made.end;
}

inline std::string bytes(std::initializer_list<unsigned> values) {
  std::string out;
  for (auto const each : values) {
    out.push_back(static_cast<char>(each));
  }
  return out;
}

} // namespace conecta::protocol
