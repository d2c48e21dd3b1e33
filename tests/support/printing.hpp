#pragma once

// How Catch2 prints what our functions return.

#include <conecta/error.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace Catch {

template <class T>
struct StringMaker<conecta::result<T>> {
  static std::string convert(conecta::result<T> const& answer) {
    return answer ? "a value" : conecta::describe(answer.error());
  }
};

} // namespace Catch
