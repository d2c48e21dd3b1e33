#pragma once

// The control API of `conecta proxy`: what a request means for the relay's faults.
//
//   GET /faults        the set, as PUT takes it
//   PUT /faults        the whole set, in one step
//   POST /faults       one more; 409 where its id is taken
//   GET, DELETE /faults/ID
//   GET /status        what has passed, and each fault's counts
//
// Thread safety: the relay's.

#include "fault/relay.hpp"
#include "net/url.hpp"
#include "wire/http_server.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace conecta::command {

class proxy_control {
 public:
  proxy_control(fault::relay& over, net::transport kind) : relay_{&over}, kind_{kind} {}

  [[nodiscard]] wire::http_response answer(wire::http_request const& asked) const;
  /// What GET /status says.
  [[nodiscard]] nlohmann::ordered_json status() const;

 private:
  [[nodiscard]] wire::http_response all_faults(wire::http_request const& asked) const;
  [[nodiscard]] wire::http_response one_fault(wire::http_request const& asked,
                                              std::string_view id) const;
  [[nodiscard]] wire::http_response list() const;
  [[nodiscard]] wire::http_response replace(std::string_view body) const;
  [[nodiscard]] wire::http_response add(std::string_view body) const;
  [[nodiscard]] wire::http_response find(std::string_view id) const;
  [[nodiscard]] wire::http_response remove(std::string_view id) const;

  fault::relay* relay_;
  net::transport kind_;
};

} // namespace conecta::command
