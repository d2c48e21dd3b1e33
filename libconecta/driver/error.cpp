#include <conecta/error.hpp>

#include <string>
#include <utility>

namespace conecta {

namespace {

class category final : public boost::system::error_category {
 public:
  [[nodiscard]] char const* name() const noexcept override { return "conecta"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
    case errc::closed:
      return "the pool is closed";
    case errc::exhausted:
      return "no resource is idle";
    case errc::timed_out:
      return "no resource became idle before the deadline";
    case errc::cancelled:
      return "the caller gave up";
    case errc::queue_full:
      return "too many callers wait already";
    case errc::open_failed:
      return "the resource could not be opened";
    case errc::suspended:
      return "the pool is suspended";
    case errc::not_owned:
      return "the resource is not of this pool";
    }
    return "unknown";
  }
};

std::string listed(std::vector<option_violation> const& violations) {
  std::string text = "pool options out of range:";
  for (auto const& each : violations) {
    text += "\n  " + each.field + " is " + each.value + ", allowed is " + each.allowed;
  }
  return text;
}

} // namespace

boost::system::error_category const& pool_category() noexcept {
  static category const instance;
  return instance;
}

error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), pool_category()}; }

std::string describe(error const& failure) {
  auto text = failure.code.message() + " (" + std::to_string(failure.counts.leased) + " leased, " +
              std::to_string(failure.counts.idle) + " idle, " +
              std::to_string(failure.counts.opening) + " opening, " +
              std::to_string(failure.counts.waiters) + " waiting)";
  if (failure.last_open) {
    text += "; last open failed: " +
            (failure.detail.empty() ? failure.last_open.message() : failure.detail);
  } else if (!failure.detail.empty()) {
    text += "; " + failure.detail;
  }
  return text;
}

pool_error::pool_error(error failure)
    : std::runtime_error{describe(failure)}, failure_{std::move(failure)} {}

invalid_options::invalid_options(std::vector<option_violation> violations)
    : std::invalid_argument{listed(violations)}, violations_{std::move(violations)} {}

void throw_exception_from_error(error const& failure, boost::source_location const&) {
  throw pool_error{failure};
}

} // namespace conecta
