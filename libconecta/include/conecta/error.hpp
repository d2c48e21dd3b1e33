#pragma once

// How a pool says no. Operating errors are values (result<T>); misuse is an assertion, and options
// that no pool accepts are the exception invalid_options, which lists every violation.

#include <conecta/options.hpp>
#include <conecta/stats.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace conecta {

using error_code = boost::system::error_code;

enum class errc {
  closed = 1,  ///< the pool was closed
  exhausted,   ///< nothing idle, and the caller did not want to wait
  timed_out,   ///< the deadline passed while waiting
  cancelled,   ///< the caller gave up
  queue_full,  ///< max_waiters were waiting already
  open_failed, ///< an open hook failed without an error code of its own
  suspended,   ///< the pool lends nothing for now
  not_owned,   ///< that resource is not, or no longer, of this pool
};

[[nodiscard]] boost::system::error_category const& pool_category() noexcept;
[[nodiscard]] error_code make_error_code(errc code) noexcept;

/// Why a call did not succeed, and what the pool looked like at that moment.
struct error {
  error_code code;
  pool_counts counts;
  error_code last_open; ///< of the latest failed open since the last one that succeeded
  std::string detail;   ///< what that open said
};

/// One line: the code, the counts and the last open error.
[[nodiscard]] std::string describe(error const& failure);

template <class T>
using result = boost::system::result<T, error>;

/// What result<T>::value() throws.
class pool_error : public std::runtime_error {
 public:
  explicit pool_error(error failure);
  [[nodiscard]] error const& failure() const noexcept { return failure_; }

 private:
  error failure_;
};

/// What the constructor of a pool throws.
class invalid_options : public std::invalid_argument {
 public:
  explicit invalid_options(std::vector<option_violation> violations);
  [[nodiscard]] std::vector<option_violation> const& violations() const noexcept {
    return violations_;
  }

 private:
  std::vector<option_violation> violations_;
};

/// Found by boost::system::result through argument-dependent lookup.
[[noreturn]] void throw_exception_from_error(error const& failure, boost::source_location const&);

} // namespace conecta

template <>
struct boost::system::is_error_code_enum<conecta::errc> : std::true_type {};
