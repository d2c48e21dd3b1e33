#pragma once

// Where a relay shall connect to: looked up once, before it begins.

#include "net/url.hpp"
#include "wire/address.hpp"

#include <stdexcept>

namespace conecta::fault {

class unknown_host : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The first address of the URL's host. Throws unknown_host.
[[nodiscard]] wire::address resolve(net::endpoint_url const& url);

} // namespace conecta::fault
