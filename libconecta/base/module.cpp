#include "base/module.hpp"

#include <array>
#include <dlfcn.h>
#include <filesystem>
#include <system_error>

namespace conecta {

namespace {

namespace fs = std::filesystem;

std::array<fs::path, 3> places() {
  std::error_code ignored;
  auto const beside = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  return {beside / "conecta-modules", beside.parent_path() / "lib" / "conecta",
          fs::path{CONECTA_MODULE_DIR}};
}

} // namespace

std::variant<void*, no_module> find_in_module(std::string_view name, char const* entry) {
  auto const file = "conecta_" + std::string{name} + ".so";
  std::error_code ignored;
  for (auto const& place : places()) {
    auto const path = place / file;
    if (!fs::exists(path, ignored)) {
      continue;
    }
    void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      return no_module{"the module " + std::string{name} + " cannot be loaded: " + ::dlerror()};
    }
    if (void* const found = ::dlsym(module, entry); found != nullptr) {
      return found;
    }
    return no_module{"the module " + std::string{name} + " is of another version"};
  }
  return no_module{"conecta was built without " + std::string{name}};
}

} // namespace conecta
