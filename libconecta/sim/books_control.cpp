// What the owner of a pool asks for, as the books see it.

#include "sim/books.hpp"

#include <algorithm>

namespace conecta::sim {

void books::on(core::resize const& e) {
  auto const allowed = !draining_ && e.max_size <= most_slots &&
                       e.max_size >= std::max<std::size_t>(1, options_.min_idle);
  require(allowed == (given_.given == core::receipt::accepted),
          "a resize is accepted exactly if the options allow it");
  if (!allowed) {
    return;
  }
  marks_.set(e.max_size < options_.max_size ? mark::shrunk : mark::grown);
  options_.max_size = e.max_size;
  if (auto const size = slots_of(options_); size > slots_.size()) {
    counts_[static_cast<std::size_t>(holding::nothing)] += size - slots_.size();
    slots_.resize(size);
  }
  if (count(holding::leased) > e.max_size + written_off_) {
    marks_.set(mark::shrunk_below_what_is_lent);
  }
}

/// What is under way brings nothing that is wanted any more.
void books::goes_stale(slot& that) {
  auto const under_way = that.what == holding::opening || that.what == holding::checking ||
                         that.what == holding::resetting;
  unawaited_ += under_way && !that.stuck && !that.stale ? 1U : 0U;
  that.stale = true;
  if (that.what == holding::idle) {
    turn(that, holding::doubtful);
  }
}

void books::on(core::invalidate const&) {
  require(draining_ == (given_.given == core::receipt::refused),
          "only an open pool is invalidated");
  if (draining_) {
    return;
  }
  marks_.set(mark::invalidated);
  for (auto& each : slots_) {
    if (each.what != holding::nothing && each.what != holding::closing) {
      goes_stale(each);
    }
  }
}

void books::on(core::evict_idle const&) {
  require(draining_ == (given_.given == core::receipt::refused), "only an open pool evicts");
  for (auto& each : slots_) {
    if (!draining_ && each.what == holding::idle) {
      turn(each, holding::doubtful);
    }
  }
}

void books::on(core::suspend const&) {
  auto const allowed = !draining_ && !suspended_;
  require(allowed == (given_.given == core::receipt::accepted), "an open pool is suspended once");
  suspended_ = suspended_ || allowed;
  marks_.set(mark::suspended);
}

void books::on(core::resume const&) {
  auto const allowed = !draining_ && suspended_;
  require(allowed == (given_.given == core::receipt::accepted), "only a suspended pool resumes");
  suspended_ = suspended_ && !allowed;
}

} // namespace conecta::sim
