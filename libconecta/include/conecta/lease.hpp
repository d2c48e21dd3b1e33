#pragma once

// A resource lent out. Move-only; its destructor gives the resource back. A lease shares what it
// needs with the pool: it may outlive it, and then closes its resource where it is released.
//
// Thread safety: a lease belongs to one thread at a time; it may be released in another than it was
// acquired in. Misuse of an empty lease is an assertion.

#include <conecta/driver.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

namespace conecta {

/// The resources of a pool by slot, and where their leases return to. It can grow while others look
/// into it: what is in a place stays where it is.
template <class T>
class shelf {
 public:
  explicit shelf(std::size_t slots) { add_segment(slots); }
  virtual ~shelf() = default;
  shelf(shelf const&) = delete;
  shelf& operator=(shelf const&) = delete;

  [[nodiscard]] std::optional<T>& operator[](std::uint32_t index) noexcept {
    std::size_t offset = index;
    for (auto& each : segments_) {
      if (offset < each.size) {
        return each.places[offset];
      }
      offset -= each.size;
    }
    std::abort(); // no slot has this index
  }
  [[nodiscard]] virtual driver::engine& machinery() noexcept = 0;
  /// Shares it for as long as a call lasts that may end it.
  [[nodiscard]] virtual std::shared_ptr<void> hold() noexcept = 0;

 protected:
  /// At least doubled, so that there are few segments. One call at a time; slots are handed out
  /// only afterwards.
  void grow(std::size_t slots) {
    if (slots > slots_) {
      add_segment(std::max(slots - slots_, slots_));
    }
  }

 private:
  struct segment {
    std::size_t size = 0;
    std::unique_ptr<std::optional<T>[]> places;
  };

  void add_segment(std::size_t size) {
    auto places = std::make_unique<std::optional<T>[]>(size);
    segments_[used_].places = std::move(places);
    segments_[used_].size = size;
    ++used_;
    slots_ += size;
  }

  std::array<segment, 32> segments_{};
  std::size_t used_ = 0;
  std::size_t slots_ = 0;
};

/// Reports a use of an empty lease and aborts.
[[noreturn]] void empty_lease(char const* operation) noexcept;

template <class T>
class [[nodiscard]] lease {
 public:
  /// Empty: holds nothing.
  lease() = default;
  /// Of a shelf that stays while any lease is out.
  lease(shelf<T>& from, slot_ref slot) noexcept : from_{&from}, slot_{slot} {}
  lease(std::shared_ptr<shelf<T>> from, slot_ref slot) noexcept
      : from_{from.get()}, slot_{slot}, keeps_{std::move(from)} {}
  lease(lease&& other) noexcept
      : from_{std::exchange(other.from_, nullptr)},
        slot_{other.slot_},
        keeps_{std::move(other.keeps_)} {}
  lease& operator=(lease&& other) noexcept {
    if (this != &other) {
      release();
      from_ = std::exchange(other.from_, nullptr);
      slot_ = other.slot_;
      keeps_ = std::move(other.keeps_);
    }
    return *this;
  }
  ~lease() { release(); }

  /// Whether it holds a resource: not after discard, detach, release or a move from it.
  [[nodiscard]] bool valid() const noexcept { return from_ != nullptr; }
  [[nodiscard]] explicit operator bool() const noexcept { return valid(); }

  [[nodiscard]] T& operator*() const {
    require("operator*");
    return *(*from_)[slot_.index];
  }
  [[nodiscard]] T* operator->() const {
    require("operator->");
    return &*(*from_)[slot_.index];
  }

  /// Gives the resource back now; without effect on an empty lease.
  void release() noexcept {
    if (auto* const from = std::exchange(from_, nullptr)) {
      if (auto& machinery = from->machinery(); !machinery.put(slot_)) {
        auto const alive = from->hold(); // the pool may go with its last lease
        machinery.give_back(slot_);
      }
      keeps_.reset();
    }
  }

  /// The resource is closed instead of lent again: it is `broken`, or merely `discarded` or
  /// `stale`.
  void discard(close_reason reason = close_reason::broken) {
    require("discard");
    auto const alive = from_->hold();
    std::exchange(from_, nullptr)->machinery().discard(slot_, reason);
    keeps_.reset();
  }

  /// Takes the resource out of the pool for good; its place can be opened again. If moving it
  /// throws, the lease still holds it.
  [[nodiscard]] T detach() {
    require("detach");
    T taken = std::move(*(*from_)[slot_.index]);
    auto const alive = from_->hold();
    auto* const from = std::exchange(from_, nullptr);
    (*from)[slot_.index].reset();
    from->machinery().detach(slot_);
    keeps_.reset();
    return taken;
  }

 private:
  void require(char const* operation) const {
    if (from_ == nullptr) {
      empty_lease(operation);
    }
  }

  shelf<T>* from_ = nullptr;
  slot_ref slot_;
  std::shared_ptr<shelf<T>> keeps_; ///< empty where the shelf stays by itself
};

} // namespace conecta
