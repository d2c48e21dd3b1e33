#pragma once

// Where resources come from. A pool calls these hooks and nothing else of the user's.
//
// Thread safety: hooks of different resources run at the same time, on the pool's own threads;
// never two for one resource. No lock of the pool is held: a hook may call the pool.
// Hooks are copyable: what is not, a std::unique_ptr in a capture, is shared (std::shared_ptr).
// Errors: open throws what went wrong; a check, reset or look that throws counts as false; what
// close throws is dropped, and the resource counts as closed.

#include <conecta/time.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

namespace conecta {

/// What a hook is told about its time. At `deadline` the pool requests a stop and tells whoever
/// waits; the slot stays taken until the hook returns, so a hook that ignores both holds capacity.
struct hook_context {
  instant deadline = never;
  std::stop_token stop;
};

namespace hooks {

/// A hook that also accepts the shorter forms that leave trailing arguments out.
template <class Signature>
class hook;

template <class Result, class... Arguments>
class hook<Result(Arguments...)> {
 public:
  hook() = default;

  template <class Callable>
    requires(!std::same_as<std::remove_cvref_t<Callable>, hook>)
  hook(Callable callable) {
    static_assert(std::copy_constructible<Callable>,
                  "a hook can be copied; what cannot goes into a std::shared_ptr");
    if (!is_empty(callable)) {
      call_ = adapt(std::move(callable));
    }
  }

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(call_); }

  Result operator()(Arguments... arguments) const {
    return call_(std::forward<Arguments>(arguments)...);
  }

 private:
  using function = std::function<Result(Arguments...)>;

  /// A null pointer, or a std::function without a target.
  template <class Callable>
  static bool is_empty(Callable const& callable) {
    if constexpr (std::constructible_from<Callable, std::nullptr_t> &&
                  requires { static_cast<bool>(callable == nullptr); }) {
      return callable == nullptr;
    } else {
      return false;
    }
  }

  template <class Callable>
  static function adapt(Callable callable) {
    if constexpr (std::is_invocable_r_v<Result, Callable&, Arguments...>) {
      return function{std::move(callable)};
    } else if constexpr (std::is_invocable_r_v<Result, Callable&>) {
      return [call = std::move(callable)](Arguments...) mutable -> Result { return call(); };
    } else {
      return first_only(std::move(callable), static_cast<std::tuple<Arguments...>*>(nullptr));
    }
  }

  template <class Callable, class First, class... Rest>
  static function first_only(Callable callable, std::tuple<First, Rest...>*) {
    static_assert(std::is_invocable_r_v<Result, Callable&, First>,
                  "this hook has none of the signatures that conecta/endpoint.hpp lists");
    return [call = std::move(callable)](First first, Rest...) mutable -> Result {
      return call(std::forward<First>(first));
    };
  }

  function call_;
};

} // namespace hooks

/// The hooks of pool<T>. They run on the pool's worker threads and may block.
template <class T>
struct blocking_endpoint {
  static_assert(std::is_object_v<T> && std::move_constructible<T>,
                "a resource is an object that can be moved; a std::unique_ptr holds any other");

  hooks::hook<T(hook_context const&)> open = {}; ///< or open(); without it only add() brings any
  hooks::hook<bool(T&, unsigned failures_so_far, hook_context const&)> check = {}; ///< or check(T&)
  hooks::hook<bool(T&, hook_context const&)> reset = {};                           ///< or reset(T&)
  /// A look before lending, in the thread that acquires: must not block. If it sees that the
  /// resource is dead (or has unread bytes), that is closed as stale and the caller gets the next.
  hooks::hook<bool(T&)> look = {};
  hooks::hook<void(T&, hook_context const&)> close =
      {}; ///< or close(T&); without it T's destructor
};

} // namespace conecta
