#include "run/descriptor_limit.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace conecta::run {

namespace {

/// In order. Looking takes one itself, which is gone again.
std::vector<int> open_descriptors() {
  std::vector<int> found;
  for (auto const& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    found.push_back(std::stoi(entry.path().filename().string()));
  }
  std::erase_if(found, [](int number) { return ::fcntl(number, F_GETFD) < 0; });
  std::ranges::sort(found);
  return found;
}

/// Below it exactly so many numbers are free.
rlim_t limit_for(std::size_t more) {
  auto limit = static_cast<rlim_t>(more);
  for (int const number : open_descriptors()) {
    if (static_cast<rlim_t>(number) >= limit) {
      break;
    }
    ++limit;
  }
  return limit;
}

} // namespace

descriptor_limit::~descriptor_limit() {
  limits_.clear();
  static_cast<void>(apply());
}

void descriptor_limit::lower(void const* owner, std::size_t more) {
  auto const limit = limit_for(more);
  if (!before_) {
    before_.emplace();
    if (::getrlimit(RLIMIT_NOFILE, &*before_) != 0) {
      throw std::system_error{errno, std::system_category(), "getrlimit"};
    }
  }
  limits_[owner] = limit;
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
