#include "commands/version.hpp"

#include "base/module.hpp"
#include "net/channel.hpp"
#include "protocol/client_session.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <utility>
#include <variant>

namespace conecta::command {

std::string version_json(std::string const& version) {
  constexpr std::array modules{std::pair{"tls", net::open_tls_entry},
                               std::pair{"postgres", protocol::open_client_entry},
                               std::pair{"mysql", protocol::open_client_entry},
                               std::pair{"mongodb", protocol::open_client_entry}};
  nlohmann::ordered_json out;
  out["schema"] = "conecta.version/1";
  out["version"] = version;
  for (auto const& [name, entry] : modules) {
    out["modules"][name] = std::holds_alternative<void*>(find_in_module(name, entry));
  }
  return out.dump(2) + "\n";
}

} // namespace conecta::command
