#pragma once

// MQTT 3.1.1: CONNECT with a clean session and an empty client identifier, CONNACK, DISCONNECT.
// https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
//
// Costs the broker one client; most log its connect and its disconnect.

#include "protocol/conversation.hpp"

#include <memory>
#include <optional>
#include <string>

namespace conecta::protocol {

struct mqtt_options {
  std::string user = {};
  std::optional<std::string> password = {}; ///< needs a user; both at most 65535 bytes
};

[[nodiscard]] std::unique_ptr<conversation> speak_mqtt(mqtt_options options);

} // namespace conecta::protocol
