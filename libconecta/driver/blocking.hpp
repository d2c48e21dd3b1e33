#pragma once

// A thread that asks for a lease and waits for the answer.
//
// Thread safety: from any thread.

#include <conecta/driver.hpp>

#include <source_location>

namespace conecta::driver {

/// Until there is a resource that looks alive, if `looks` has hooks to ask. Blocks up to the
/// deadline that `options` mean, or until their stop token is asked to stop.
[[nodiscard]] result<slot_ref> acquire_blocking(engine& machinery, hook_table* looks,
                                                acquire_options const& options,
                                                std::source_location where);

} // namespace conecta::driver
