// What stands in for libFuzzer where its targets are only replayed: every file that is named, or is
// in a folder that is named, goes through the target once. A crash is a crash; so is no file.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_of(std::filesystem::path const& named) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(named)) {
    for (auto const& entry : std::filesystem::directory_iterator{named}) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(named);
  }
  return files;
}

} // namespace

int main(int count, char** arguments) {
  std::size_t replayed = 0;
  for (int index = 1; index < count; ++index) {
    for (auto const& file : files_of(arguments[index])) {
      std::ifstream stream{file, std::ios::binary};
      if (!stream) {
        std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
        return 1;
      }
      std::string const bytes{std::istreambuf_iterator<char>{stream}, {}};
      // Flushed before it runs, so that the last line names the input that crashed.
      std::printf("%s\n", file.c_str());
      std::fflush(stdout);
      LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
      ++replayed;
    }
  }
  std::printf("%zu inputs replayed\n", replayed);
  return replayed > 0 ? 0 : 1;
}
