#include "workload/protocol_request.hpp"

#include <utility>

namespace conecta::workload {

payload resp_request(std::vector<payload> words) {
  auto made = literal_payload("*" + std::to_string(words.size()) + "\r\n");
  for (auto& each : words) {
    made.pieces.emplace_back(counted_piece{counted_piece::as::resp_string, each.pieces.size()});
    append(made, std::move(each));
  }
  return made;
}

payload http_request(payload head, std::optional<payload> body) {
  auto made = std::move(head);
  if (!body) {
    append(made, literal_payload("\r\n"));
    return made;
  }
  made.pieces.emplace_back(counted_piece{counted_piece::as::http_body, body->pieces.size()});
  append(made, *std::move(body));
  return made;
}

} // namespace conecta::workload
