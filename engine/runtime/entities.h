// Memory, Table, Global: what stores own besides instances and functions (Core 4.2).
//
// The records that compiled code reads are inside; their addresses are stable, since a store
// allocates each of these by itself.

#pragma once

#include "engine/abi/instance.h"
#include "engine/runtime/memory_pool.h"
#include "engine/runtime/space_pool.h"
#include "engine/wasm/limits.h"

namespace skerry::runtime {

class Store;

struct Memory {
  MemoryRecord record;
  MemoryType type;  // as declared; the current size is the record's
  MemorySlot slot;
  Store* store;

  u64 pages() const { return record.size / page_size; }
  u64 maximum_pages() const {
    return std::min<u64>(type.limits.max.value_or(~u64{0}), slot.plan.reservation / page_size);
  }
  // For matching imports: the limits with the current size as the minimum.
  MemoryType current_type() const {
    MemoryType current = type;
    current.limits.min = pages();
    return current;
  }
  // The size before, in pages; none where the maximum, the store's limits or the system forbid it.
  std::optional<u64> grow(u64 pages);
};

struct Table {
  TableRecord record;
  TableType type;
  Space space;  // without base: the elements are on the heap
  Store* store;
  // The instance that has the table for itself; else null.
  InstanceHeader* owner = nullptr;

  TableType current_type() const {
    TableType current = type;
    current.limits.min = record.length;
    return current;
  }
  // What stands for a reference in it.
  TableEntry entry(u32 handle) const;
  std::optional<u32> grow(u32 count, const TableEntry& value);
};

struct Global {
  GlobalCell* cell;  // in its instance, or `own`
  GlobalType type;
  GlobalCell own;
  Store* store;
};

}  // namespace skerry::runtime
