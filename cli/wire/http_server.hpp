#pragma once

// A small HTTP/1.1 server for a program's own controls: one thread, requests answered one after the
// other by a function. What it gets is hostile until parsed: at most 8 KiB of header and 1 MiB of
// body, 10 s for a request, 64 connections. It answers what it cannot read with 400, 408, 413 or
// 431 itself, and closes. No TLS, no compression, no ranges.
//
// Browsers are kept out: who sends an Origin is refused (403), and on loopback so is a Host that is
// a name other than localhost, as a page has that points its own name here.
//
// Thread safety: the handler is called on the server's thread only; stop() waits for it.

#include "wire/address.hpp"
#include "wire/listener.hpp"
#include "wire/loop_thread.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace conecta::wire {

struct http_request {
  std::string method; ///< as sent: "GET"; of a HEAD, whose answer leaves without its body, too
  std::string target; ///< as sent: "/faults/a%20b"
  std::string content_type; ///< in lower case, without parameters
  std::string body;
};

struct http_response {
  unsigned status = 200;
  std::string body;  ///< JSON, or nothing
  std::string allow; ///< of a 405: the methods that are
};

/// `{"errors": [...]}`
[[nodiscard]] http_response http_refusal(unsigned status, std::vector<std::string> const& errors);

class http_server {
 public:
  using handler = std::function<http_response(http_request const&)>;

  /// Listens and serves; throws std::system_error. An exception of the handler's becomes a 500.
  http_server(address const& at, handler answer);
  ~http_server();
  http_server(http_server const&) = delete;
  http_server& operator=(http_server const&) = delete;

  [[nodiscard]] address const& where() const noexcept { return listener_.where(); }
  void stop();

 private:
  class connection;

  void take(descriptor socket);
  void drop(connection& which);
  [[nodiscard]] http_response answer(http_request const& asked) const;

  handler answer_;
  loop_thread thread_;
  std::unordered_map<connection*, std::unique_ptr<connection>> connections_;
  std::size_t spurned_ = 0; ///< of these: told that there are too many
  listener listener_;
};

} // namespace conecta::wire
