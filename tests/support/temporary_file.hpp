#pragma once

// A file of the test's own, gone with the object.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <unistd.h>

namespace conecta::support {

class temporary_file {
 public:
  explicit temporary_file(std::string const& text)
      : path_{(std::filesystem::temp_directory_path() / "conecta-test-XXXXXX").string()} {
    int const made = ::mkstemp(path_.data());
    if (made < 0) {
      throw std::runtime_error{"no temporary file"};
    }
    ::close(made);
    write(text);
  }
  temporary_file(temporary_file const&) = delete;
  temporary_file& operator=(temporary_file const&) = delete;
  ~temporary_file() { std::filesystem::remove(path_); }

  /// In place of what it holds.
  void write(std::string const& text) const { std::ofstream{path_, std::ios::binary} << text; }
  [[nodiscard]] std::string text() const {
    std::ifstream stream{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

 private:
  std::string path_;
};

} // namespace conecta::support
