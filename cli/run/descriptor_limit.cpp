#include "run/descriptor_limit.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>

namespace conecta::run {

namespace {

/// Below it exactly so many numbers are free, and it is free itself: poll() takes no more than that
/// many. Looking takes no descriptor: another limit may have left none.
rlim_t limit_for(std::size_t more, rlim_t most) {
  std::size_t free = 0;
  rlim_t limit = 0;
  for (; limit < most; ++limit) {
    if (::fcntl(static_cast<int>(limit), F_GETFD) < 0 && ++free > more) {
      break;
    }
  }
  return limit;
}

} // namespace

descriptor_limit::~descriptor_limit() {
  limits_.clear();
  static_cast<void>(apply());
}

void descriptor_limit::lower(void const* owner, std::size_t more) {
  if (!before_) {
    rlimit now{};
    if (::getrlimit(RLIMIT_NOFILE, &now) != 0) {
      throw std::system_error{errno, std::system_category(), "getrlimit"};
    }
    before_ = now;
  }
  limits_[owner] = limit_for(more, before_->rlim_cur);
  if (auto const problem = apply(); problem != 0) {
    throw std::system_error{problem, std::system_category(), "setrlimit"};
  }
}

void descriptor_limit::restore(void const* owner) noexcept {
  if (limits_.erase(owner) != 0) {
    static_cast<void>(apply());
  }
}

int descriptor_limit::apply() noexcept {
  if (!before_) {
    return 0;
  }
  auto wanted = *before_;
  for (auto const& [owner, limit] : limits_) {
    wanted.rlim_cur = std::min(wanted.rlim_cur, limit);
  }
  return ::setrlimit(RLIMIT_NOFILE, &wanted) == 0 ? 0 : errno;
}

} // namespace conecta::run
