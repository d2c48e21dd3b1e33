#pragma once

// A short run against embedded servers, in this process.

#include "run/result.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace conecta::run_test {

using json = nlohmann::json;

/// A closed loop of 4 workers over at most 4 connections to one echo server. To be changed by the
/// test.
[[nodiscard]] json echo_scenario(std::string const& duration = "300ms");

/// Fails the test if it is no scenario.
[[nodiscard]] run::result run_of(json const& text);

[[nodiscard]] std::uint64_t attempted(run::block const& of);

} // namespace conecta::run_test
