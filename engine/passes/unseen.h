// UnseenStores: the stores of a block that nothing has seen so far, for burying those that are overwritten.
//
//   unseen.begin_block();
//   unseen.read(place);  unseen.show();               // what is read; what traps or calls
//   unseen.write(place, store, [](Value dead, bool may_trap) {...});  // told of each that this store overwrites
//
// After a trap whoever calls next sees memory and globals as they were left, so that whatever may trap sees all stores
// but those to slots. An access does not trap if one before it in the block, with the same base, came at least as far,
// or if it is at a constant place within the memory's least size: memories do not shrink.
//
// A store that may trap itself is buried only by the next that happens to state: the one that overwrites it traps in
// its place, and nothing may have been written meanwhile, nor may what is read have relied on it.
//
// The few last stores and accesses are remembered, so that each takes constant steps.

#pragma once

#include <algorithm>

#include "engine/ir/function.h"

namespace skerry::passes {

class UnseenStores {
 public:
  static constexpr u32 constant = ~u32{0};

  enum class Kind : u8 { Memory, Global, Slot };
  struct Place {
    Kind kind;
    bool is_imported;  // it may be another of its kind that is imported
    u32 entity;
    // Of memories: bytes from a base, a value or `constant`, on; and whether they are there in any case.
    u32 base = 0;
    u64 begin = 0, end = 0;
    bool is_there = false;
  };

  void begin_block() { stores_ = accesses_ = oldest_ = 0; }

  // Without any, what is read need not be told; that its place is there is not remembered then, which is seldom missed.
  bool any() const { return stores_ > 0; }

  void show() {
    if (stores_) keep([](const Store& s) { return s.place.kind == Kind::Slot; });
  }

  void read(const Place& place) {
    if (place.kind == Kind::Memory && !reaches(place)) return show();
    keep([&](const Store& s) { return !s.may_trap && !overlap(s.place, place); });
  }

  template <class Bury>
  void write(const Place& place, ir::Value store, Bury bury) {
    bool may_trap = place.kind == Kind::Memory && !reaches(place);
    if (may_trap) show();
    if (stores_) keep([&](const Store& s) {
      if (!covers(place, s.place)) return place.kind == Kind::Slot || !s.may_trap;
      // It traps for the one that goes.
      may_trap |= s.may_trap;
      bury(s.store, s.may_trap);
      return false;
    });
    if (stores_ == most_stores) std::copy(store_ + 1, store_ + stores_--, store_);
    store_[stores_++] = {place, store, may_trap};
  }

 private:
  static constexpr u32 most_stores = 4, most_accesses = 4;
  struct Store {
    Place place;
    ir::Value store;
    bool may_trap;
  };
  struct Access {
    u32 memory, base;
    u64 end;
  };

  // Whether the place is there for certain; from here on it is.
  bool reaches(const Place& place) {
    if (place.is_there) return true;
    for (u32 i = 0; i < accesses_; ++i) {
      Access& access = access_[i];
      if (access.base != place.base || access.memory != place.entity) continue;
      bool reached = access.end >= place.end;
      access.end = std::max(access.end, place.end);
      return reached;
    }
    u32 at = accesses_ < most_accesses ? accesses_++ : oldest_++ % most_accesses;
    access_[at] = {place.entity, place.base, place.end};
    return false;
  }

  static bool overlap(const Place& store, const Place& read) {
    if (store.kind != read.kind) return false;
    if (store.entity != read.entity) return store.is_imported && read.is_imported;
    if (store.kind != Kind::Memory || store.base != read.base) return true;
    return store.begin < read.end && read.begin < store.end;
  }
  static bool covers(const Place& later, const Place& before) {
    if (later.kind != before.kind || later.entity != before.entity) return false;
    if (later.kind != Kind::Memory) return true;
    return later.base == before.base && later.begin <= before.begin && before.end <= later.end;
  }

  template <class Wanted>
  void keep(Wanted wanted) {
    u32 kept = 0;
    for (u32 i = 0; i < stores_; ++i) {
      if (!wanted(store_[i])) continue;
      if (kept != i) store_[kept] = store_[i];
      ++kept;
    }
    stores_ = kept;
  }

  Store store_[most_stores];
  Access access_[most_accesses];
  u32 stores_ = 0, accesses_ = 0, oldest_ = 0;
};

}  // namespace skerry::passes
