#pragma once

// What a pool remembers of its leases and hooks beside the core: who holds what since when, how
// long things took, and what its observer is still to be told.
//
// Thread safety: none; the engine holds its lock around everything but tell().

#include "stats/histogram.hpp"

#include <conecta/driver.hpp>
#include <conecta/patience.hpp>

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace conecta::driver {

/// Who asked for a lease, and when.
struct borrower {
  std::source_location where;
  std::string_view tag;
  instant asked{};
};

/// One call of the observer, to be made without the lock.
struct notice {
  enum class kind : std::uint8_t {
    opened,
    open_failed,
    acquired,
    waited,
    returned,
    checked,
    closed,
    leaked,
    reclaimed,
    came_back,
  };
  kind what;
  duration took{};
  error_code why{};
  std::string detail{};
  bool ok = false;
  unsigned failures_so_far = 0;
  close_reason reason = close_reason::shutdown;
  lease_info lease{};
};

using notices = boost::container::small_vector<notice, 2, patient_allocator<notice>>;

/// What came out of the observer as an exception is counted, and dropped.
[[nodiscard]] std::uint64_t tell(pool_observer& observer, notices const& news) noexcept;

class chronicle {
 public:
  enum class leases_are : std::uint8_t { final, spurned };

  /// Whether a lease can turn out to be none has to be known from the start.
  chronicle(pool_options const& options, std::size_t slots, leases_are known)
      : leases_are_{known},
        records_borrowers_{options.borrowers == recording::on || options.leak_threshold ||
                           options.observer},
        records_durations_{options.durations == recording::on},
        observed_{options.observer != nullptr} {
    make_room(slots);
  }

  void make_room(std::size_t slots) {
    brought_.resize(slots);
    records_.resize(keeps_records() ? slots : 0);
    asked_.resize(keeps_records() && leases_are_ == leases_are::spurned ? slots : 0);
  }

  void open_begins(std::uint32_t slot, instant now);
  /// Its resource was brought, not opened: nobody is told.
  void brought(std::uint32_t slot) { brought_[slot] = true; }
  [[nodiscard]] bool was_brought(std::uint32_t slot) const { return brought_[slot]; }
  void opened(std::uint32_t slot, instant now, notices& news);
  void open_failed(std::uint32_t slot, open_failure const& why, instant now, notices& news);
  void check_begins(std::uint32_t slot, unsigned failures);
  void checked(std::uint32_t slot, bool ok, notices& news);
  void close_begins(std::uint32_t slot, close_reason reason);
  void closed(std::uint32_t slot, notices& news);

  void granted(std::uint32_t slot, borrower const& to, instant now, notices& news);
  /// Where leases can be spurned: this one is not.
  void confirmed(std::uint32_t slot, notices& news);
  /// The lease never came about. Returns who asked.
  borrower spurned(std::uint32_t slot);
  void returned(std::uint32_t slot, instant now, notices& news);
  void gave_up(borrower const& who, error_code why, instant now, notices& news);
  void leaked(std::uint32_t slot, notices& news);
  void reclaimed(std::uint32_t slot, notices& news);
  void came_back(std::uint32_t slot, instant now, notices& news);

  [[nodiscard]] std::vector<lease_info> leases() const;
  [[nodiscard]] pool_durations durations() const;

 private:
  struct record {
    std::source_location where;
    char const* tag = nullptr;
    std::uint32_t tag_size = 0;
    std::uint16_t failures = 0; ///< check_retries, at most, and one
    close_reason reason = close_reason::shutdown;
    bool leased : 1 = false;
    bool overdue : 1 = false;
    instant since{}; ///< of the lease, or of the open
  };
  static_assert(sizeof(record) <= 32, "a pool may have millions of them");

  [[nodiscard]] bool keeps_records() const noexcept {
    return records_borrowers_ || records_durations_ || observed_;
  }
  [[nodiscard]] static lease_info info_of(record const& that) {
    return {that.where, {that.tag, that.tag_size}, that.since, that.overdue};
  }

  void served(duration waited, notices& news);

  std::vector<record> records_; ///< none, if nobody asks for them
  std::vector<instant> asked_;  ///< when; none, if every lease is final
  std::vector<bool> brought_;
  leases_are leases_are_;
  bool records_borrowers_;
  bool records_durations_;
  bool observed_;
  stats::histogram waits_;
  stats::histogram opens_;
  stats::histogram uses_;
};

} // namespace conecta::driver
