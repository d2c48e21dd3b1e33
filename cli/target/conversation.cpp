#include "target/conversation.hpp"

#include "target/conversations.hpp"
#include "target/store.hpp"

#include <algorithm>

namespace conecta::target {

said conversation::refuse(std::string_view, std::string_view) { return {{}, true}; }

std::size_t one_by_one::replies_in(std::string_view unsent) const {
  std::size_t count = 0;
  std::size_t reached = 0;
  for (auto each = lengths_.rbegin(); each != lengths_.rend() && reached < unsent.size(); ++each) {
    reached += *each;
    ++count;
  }
  return count;
}

said one_by_one::say(std::string bytes, bool last) {
  text_ = std::move(bytes);
  if (!text_.empty()) {
    lengths_.push_back(text_.size());
  }
  return {text_, last};
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    auto const end = std::min(line.find(' '), line.size());
    if (end > 0) {
      words.emplace_back(line.substr(0, end));
    }
    line.remove_prefix(std::min(line.size(), end + 1));
  }
  return words;
}

std::string_view meaning_in(std::span<std::pair<std::string_view, std::string_view> const> table,
                            std::string_view code) {
  auto const found =
      std::ranges::find_if(table, [&](auto const& each) { return each.first == code; });
  return found != table.end() ? found->second : "injected";
}

std::shared_ptr<store> make_store() { return std::make_shared<store>(); }

std::unique_ptr<conversation> converse(target_options const& options,
                                       std::shared_ptr<store> const& shared) {
  switch (options.kind) {
  case target_kind::http:
    return converse_http(options);
  case target_kind::memcached:
    return converse_memcached(shared);
  case target_kind::mysql:
    return converse_mysql(options);
  case target_kind::postgres:
    return converse_postgres(options);
  case target_kind::redis:
    return converse_redis(shared);
  case target_kind::tcp_echo:
  case target_kind::udp_echo:
    break;
  }
  return converse_echo(options);
}

} // namespace conecta::target
