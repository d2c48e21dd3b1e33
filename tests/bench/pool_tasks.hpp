#pragma once

// Clients that are tasks: chains of completions of asio_pool, on one thread a core.

#include "bench/pool_tally.hpp"

#include <map>
#include <memory>
#include <string>

namespace conecta::bench {

class task_player {
 public:
  task_player();
  ~task_player();
  void play(shape const& of, std::chrono::milliseconds length);

 private:
  class threads;
  class field;

  std::shared_ptr<field> field_for(shape const& of);

  std::unique_ptr<threads> threads_;
  std::map<std::string, std::shared_ptr<field>> large_; // after the threads: goes first
};

} // namespace conecta::bench
