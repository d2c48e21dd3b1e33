#include "report/text_phrases.hpp"

#include "report/units.hpp"

namespace conecta::report {

namespace {

void put_unless_zero(std::vector<std::string>& out, std::uint64_t count, std::string_view what) {
  if (count > 0) {
    out.push_back(human_count(count) + " " + std::string{what});
  }
}

// "12 closed (idle 10, shutdown 2)"
std::string with_reasons(std::uint64_t total, std::string_view what,
                         counts_by_reason const& counts) {
  std::string reasons;
  for (std::size_t index = 0; index < close_reason_count; ++index) {
    auto const reason = static_cast<close_reason>(index);
    if (counts[reason] > 0) {
      reasons += (reasons.empty() ? "" : ", ") + std::string{name_of(reason)} + " " +
                 human_count(counts[reason]);
    }
  }
  auto const head = human_count(total) + " " + std::string{what};
  return reasons.empty() ? head : head + " (" + reasons + ")";
}

} // namespace

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return human_count(count) + " " + std::string{count == 1 ? one : many};
}

std::vector<std::string> request_phrases(run::block const& block) {
  auto const& counts = block.measured.requests;
  std::vector<std::string> out = {human_count(counts.succeeded) + " succeeded"};
  if (counts.failed > 0) {
    out.push_back(human_count(counts.failed) + " failed (" + human_percent(block.error_ratio()) +
                  ")");
  }
  put_unless_zero(out, counts.dropped, "dropped");
  put_unless_zero(out, counts.late, "late");
  if (block.rate_per_s()) {
    out.push_back(human_rate(block.rate_per_s()));
  }
  if (block.offered_per_s()) {
    out.push_back("of " + human_rate(block.offered_per_s()) + " offered");
  }
  return out;
}

std::vector<std::string> wire_phrases(run::wire_counts const& wire) {
  std::vector<std::string> out;
  if (wire.connections_established > 0) {
    out.push_back(counted(wire.connections_established, "connection", "connections"));
  }
  out.push_back(counted(wire.requests_sent, "request", "requests") + " sent");
  if (wire.checks_sent > 0) {
    out.push_back(counted(wire.checks_sent, "check", "checks") + " sent");
  }
  out.push_back(counted(wire.replies_received, "reply", "replies"));
  if (wire.datagrams_stale > 0) {
    out.push_back(counted(wire.datagrams_stale, "stale datagram", "stale datagrams"));
  }
  return out;
}

std::vector<std::string> pool_phrases(run::pool_figures const& pool) {
  std::vector<std::string> out = {human_count(pool.opened) + " opened"};
  if (pool.open_failed > 0) {
    out.push_back(counted(pool.open_failed, "open", "opens") + " failed");
  }
  out.push_back(with_reasons(pool.closed, "closed", pool.closed_by));
  if (pool.evicted() > 0) {
    out.push_back(with_reasons(pool.evicted(), "evicted", pool.evicted_by));
  }
  put_unless_zero(out, pool.leaked, "leaked");
  return out;
}

std::vector<std::string> pool_use_phrases(run::pool_figures const& pool) {
  std::vector<std::string> out;
  if (pool.churn_per_s()) {
    out.push_back("churn " + human_rate(pool.churn_per_s()));
  }
  if (pool.reuse_ratio()) {
    out.push_back("reuse " + human_percent(pool.reuse_ratio()));
  }
  if (pool.checks_ok + pool.checks_failed > 0) {
    auto text = counted(pool.checks_ok + pool.checks_failed, "check", "checks");
    if (pool.checks_failed > 0) {
      text += " (" + human_count(pool.checks_failed) + " failed)";
    }
    out.push_back(std::move(text));
  }
  if (pool.timed_out > 0) {
    out.push_back(counted(pool.timed_out, "wait", "waits") + " timed out");
  }
  if (pool.cancelled > 0) {
    out.push_back(counted(pool.cancelled, "wait", "waits") + " cancelled");
  }
  put_unless_zero(out, pool.rejected, "rejected");
  return out;
}

} // namespace conecta::report
