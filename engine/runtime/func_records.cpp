#include "engine/runtime/func_records.h"

#include <algorithm>
#include <cstring>

#include "platform/platform.h"

namespace skerry::runtime {
namespace {

u64 reservation() { return align_up(u64{FuncRecords::max_handles} * sizeof(FuncRecord), platform::page_size()); }
constexpr u64 step = 64 * KiB;
constexpr u64 kept = MiB;  // bytes that a space for the next store may have usable

}  // namespace

Result<FuncRecordSpace> FuncRecords::create_space() {
  return FuncRecordSpace{reinterpret_cast<FuncRecord*>(TRY(platform::reserve(reservation()))), 0};
}

void FuncRecords::destroy_space(FuncRecordSpace space) {
  platform::release(reinterpret_cast<u8*>(space.base), reservation());
}

FuncRecordSpace FuncRecords::take_space() {
  u8* base = reinterpret_cast<u8*>(space_.base);
  u64 used = align_up(u64{end_} * sizeof(FuncRecord), platform::page_size());
  if (space_.usable > kept) {
    platform::decommit(base, space_.usable);
    space_.usable = 0;
  } else if (space_.usable != 0 && !platform::zero(base, std::min(used, space_.usable))) {
    platform::decommit(base, space_.usable);
    space_.usable = 0;
  }
  end_ = 1;
  return space_;
}

Result<u32> FuncRecords::allocate(u32 count) {
  if (count > max_handles - end_) {
    return fail(ErrorCode::Limit, "the store holds too many functions");
  }
  u64 needed = u64{end_ + count} * sizeof(FuncRecord);
  if (needed > space_.usable) {
    u64 usable = std::min(align_up(std::max(needed, 2 * space_.usable), step), reservation());
    u8* base = reinterpret_cast<u8*>(space_.base);
    TRY(platform::commit(base + space_.usable, usable - space_.usable, platform::Access::ReadWrite));
    space_.usable = usable;
  }
  u32 first = end_;
  end_ += count;
  return first;
}

void FuncRecords::shrink(u32 end) {
  CHECK(end >= 1 && end <= end_);
  std::memset(static_cast<void*>(space_.base + end), 0, u64{end_ - end} * sizeof(FuncRecord));
  end_ = end;
}

}  // namespace skerry::runtime
