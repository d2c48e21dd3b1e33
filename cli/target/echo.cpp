#include "target/conversations.hpp"

#include <algorithm>

namespace conecta::target {

namespace {

class echo final : public conversation {
 public:
  explicit echo(target_options const& options) : options_{options} {}

  whole_frames find(std::string_view received, std::size_t searched, std::size_t most) override {
    return find_frames(options_.frame, received, searched, most);
  }

  said answer(std::string_view requests, std::size_t count) override {
    auto const& fixed = options_.reply;
    if (!fixed || count == 1) {
      return {fixed ? std::string_view{*fixed} : requests};
    }
    all_.clear();
    all_.reserve(count * fixed->size());
    for (std::size_t i = 0; i < count; ++i) {
      all_ += *fixed;
    }
    return {all_};
  }

  /// Each of them ends in what is left of them.
  [[nodiscard]] std::size_t replies_in(std::string_view unsent) const override {
    auto const of_length = [&](std::size_t each) { return (unsent.size() + each - 1) / each; };
    if (options_.reply) {
      return of_length(std::max<std::size_t>(options_.reply->size(), 1));
    }
    if (auto const* const frames = std::get_if<byte_frames>(&options_.frame)) {
      return of_length(frames->count);
    }
    return static_cast<std::size_t>(std::ranges::count(unsent, '\n'));
  }

 private:
  target_options const& options_;
  std::string all_;
};

} // namespace

std::unique_ptr<conversation> converse_echo(target_options const& options) {
  return std::make_unique<echo>(options);
}

} // namespace conecta::target
