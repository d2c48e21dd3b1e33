#pragma once

// Words for messages: text made safe to print, and names listed or suggested.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace conecta::scenario {

/// Every byte that is not printable ASCII as \xNN, cut short after `most` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 400);

/// Whether one of its bytes is a control character.
[[nodiscard]] bool has_control(std::string_view text) noexcept;

/// As a JSON string, in ASCII, cut short after `most` bytes.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t most = 60);

/// `pointer/key`, escaped as RFC 6901 says and safe to print.
[[nodiscard]] std::string below(std::string const& pointer, std::string_view key);

/// `; did you mean "..."?` or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name,
                                       std::span<std::string_view const> candidates);

/// `"a", "b"`, in the order given; of very many the first.
[[nodiscard]] std::string listed(std::span<std::string_view const> names);

} // namespace conecta::scenario
