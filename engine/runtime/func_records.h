// FuncRecords: the functions of a store by handle.
//
// An array in reserved address space: compiled code that calls out of its instance through a table finds a record by
// the handle in the entry. An instance has the handles of its whole index space in one run, from which `ref.func`
// computes; a record is written when a table first holds it, and many a store never touches the array at all
// (Store::function).

#pragma once

#include <algorithm>
#include <cstring>

#include "base/result.h"
#include "engine/abi/instance.h"
#include "engine/runtime/space_pool.h"

namespace skerry::runtime {

class FuncRecords {
 public:
  // Handles below this, 0 excepted.
  static constexpr u32 max_handles = 1 << 22;
  static constexpr u64 space_size = u64{max_handles} * sizeof(FuncRecord);

  FuncRecords(SpacePool& pool, Space space) : pool_(pool), space_(space) {}
  FuncRecords(const FuncRecords&) = delete;
  ~FuncRecords() { pool_.give(space_, u64{touched_} * sizeof(FuncRecord)); }

  FuncRecord* base() const { return reinterpret_cast<FuncRecord*>(space_.base); }
  u32 end() const { return end_; }
  // The first of `count` new handles.
  Result<u32> allocate(u32 count) {
    if (count > max_handles - end_) return fail(ErrorCode::Limit, "the store holds too many functions");
    TRY(pool_.grow(space_, u64{end_ + count} * sizeof(FuncRecord)));
    u32 first = end_;
    end_ += count;
    return first;
  }
  // Handles from `end` on are unused again.
  void shrink(u32 end) {
    CHECK(end >= 1 && end <= end_);
    if (touched_ > end) std::memset(static_cast<void*>(base() + end), 0, u64{touched_ - end} * sizeof(FuncRecord));
    end_ = end;
  }
  // May be all zero: not yet written.
  FuncRecord& operator[](u32 handle) {
    DCHECK(handle != 0 && handle < end_);
    touched_ = std::max(touched_, handle + 1);
    return base()[handle];
  }

  // Null: all zero.
  FuncRecord* written(u32 handle) {
    return handle < touched_ && base()[handle].handle != 0 ? base() + handle : nullptr;
  }

 private:
  SpacePool& pool_;
  Space space_;
  u32 end_ = 1;
  u32 touched_ = 0;  // what lies behind is zeros that were never looked at
};

}  // namespace skerry::runtime
