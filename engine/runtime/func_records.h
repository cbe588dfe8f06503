// FuncRecords: the functions of a store by handle.
//
// An array in reserved address space, so that records never move: compiled code and tables
// hold their addresses. An instance has the handles of its whole index space in one run, from
// which `ref.func` computes; a record is written when something first wants it, since most
// functions are never referred to.

#pragma once

#include "base/result.h"
#include "engine/abi/instance.h"

namespace skerry::runtime {

// The array of a store that is gone, for the next one: all zeros.
struct FuncRecordSpace {
  FuncRecord* base = nullptr;
  u64 usable = 0;  // bytes
};

class FuncRecords {
 public:
  // Handles below this, 0 excepted.
  static constexpr u32 max_handles = 1 << 22;

  static Result<FuncRecordSpace> create_space();
  static void destroy_space(FuncRecordSpace space);

  explicit FuncRecords(FuncRecordSpace space) : space_(space) {}
  // Gives the space back as zeros.
  FuncRecordSpace take_space();

  FuncRecord* base() const { return space_.base; }
  u32 end() const { return end_; }
  // The first of `count` new handles.
  Result<u32> allocate(u32 count);
  // The newest handles are unused again; their records must be zeros or never be looked at.
  void shrink(u32 end);
  // May be all zero: not yet written.
  FuncRecord& operator[](u32 handle) const {
    DCHECK(handle != 0 && handle < end_);
    return space_.base[handle];
  }

 private:
  FuncRecordSpace space_;
  u32 end_ = 1;
};

}  // namespace skerry::runtime
