#pragma once

// The conversations that there are, one file each.

#include "target/conversation.hpp"

namespace conecta::target {

/// Requests of lines or of so many bytes; each comes back, or is answered by a fixed reply.
[[nodiscard]] std::unique_ptr<conversation> converse_echo(target_options const& options);

/// HTTP/1.1: 200 with `reply`, or "ok\n", whatever is asked for. A body has a length, no chunks.
[[nodiscard]] std::unique_ptr<conversation> converse_http(target_options const& options);

/// The text protocol: version, get, gets, set, add, replace, delete, flush_all, stats, quit.
[[nodiscard]] std::unique_ptr<conversation> converse_memcached(std::shared_ptr<store> shared);

/// Lets everybody in and answers pings. Whatever the statement, one row of one text comes back:
/// `reply`, or "1".
[[nodiscard]] std::unique_ptr<conversation> converse_mysql(target_options const& options);

/// The same: an empty query is its ping. There is no TLS, and no extended query.
[[nodiscard]] std::unique_ptr<conversation> converse_postgres(target_options const& options);

/// PING, ECHO, AUTH, SELECT, SET, GET, DEL, EXISTS, INCR, DBSIZE, FLUSHALL, ROLE, INFO, CLIENT,
/// COMMAND and QUIT; options of SET are ignored, and the databases are one.
[[nodiscard]] std::unique_ptr<conversation> converse_redis(std::shared_ptr<store> shared);

} // namespace conecta::target
