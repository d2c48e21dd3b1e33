#pragma once

// Where the resources of an asio_pool come from: conecta/endpoint.hpp with coroutines for hooks.

#include <conecta/endpoint.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <functional>
#include <type_traits>

namespace conecta {

/// The hooks of asio_pool<T>: coroutines. Without `open` only what is added can be lent, without
/// `check` a resource counts as healthy, without `close` its destructor is all. Errors as in
/// conecta/endpoint.hpp.
template <class T>
struct asio_endpoint {
  static_assert(std::is_object_v<T> && std::move_constructible<T>,
                "a resource is an object that can be moved; a std::unique_ptr holds any other");

  template <class Result>
  using awaitable = boost::asio::awaitable<Result>;

  std::function<awaitable<T>(hook_context const&)> open = {};
  std::function<awaitable<bool>(T&, unsigned failures_so_far, hook_context const&)> check = {};
  std::function<awaitable<bool>(T&, hook_context const&)> reset = {};
  /// As in blocking_endpoint: a plain function that does not block.
  std::function<bool(T&)> look = {};
  std::function<awaitable<void>(T&, hook_context const&)> close = {};
};

} // namespace conecta
