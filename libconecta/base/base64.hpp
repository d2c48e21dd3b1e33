#pragma once

// Base64 of RFC 4648, padded. Pure; safe from any thread.

#include <optional>
#include <string>
#include <string_view>

namespace conecta {

[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// Nothing if the text is not base64 in its canonical form.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

} // namespace conecta
