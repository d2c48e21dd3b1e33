#pragma once

// AMQP 0-9-1, as RabbitMQ speaks it: the protocol header and Connection.Start; with credentials
// also Start-Ok (PLAIN), Tune, Open of the virtual host, and Close.
// https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf
//
// Costs the broker a connection for a moment; RabbitMQ logs one that is opened and closed, and with
// a warning one that hangs up after Start.

#include "protocol/conversation.hpp"

#include <memory>
#include <string>

namespace conecta::protocol {

struct amqp_options {
  std::string user = {};
  std::string password = {};
  std::string virtual_host = {}; ///< empty: "/"
  level asks = level::handshake; ///< auth and query need a user
};

[[nodiscard]] std::unique_ptr<conversation> speak_amqp(amqp_options options);

} // namespace conecta::protocol
