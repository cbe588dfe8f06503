// Memory, Table, Global: the mutable things of a store that modules share (Core 4.2.7 to 4.2.9).
//
// Handles; store.h says how long they are good for. Each function that can be misused gives a
// Result: the store is gone, an index is out of bounds, a value is of another type or store.

#pragma once

#include <span>

#include "skerry/store.h"
#include "skerry/types.h"
#include "skerry/value.h"

namespace skerry {

namespace runtime {
struct Memory;
struct Table;
struct Global;
}  // namespace runtime

class Memory {
 public:
  // Zeros, type.limits.min pages. Fails at the limits of the store.
  static Result<Memory> create(const Store& store, const MemoryType& type);

  Result<MemoryType> type() const;
  // In pages of 64 KiB; 0 if the store is gone.
  u64 pages() const { return bytes().size() / page_size; }
  // All bytes; none if the store is gone. The base never moves while the store lives; growing
  // adds bytes at the end, which a span of before does not have. A guest that runs may change
  // what is seen: copy first, then look.
  std::span<u8> bytes() const;
  // Copies out or in; error if the range is not all within the memory.
  Result<void> read(u64 offset, std::span<u8> to) const;
  Result<void> write(u64 offset, std::span<const u8> from) const;
  // Adds pages of zeros; gives the size before, in pages. Error over the maximum or the limits.
  Result<u64> grow(u64 pages) const;

  Memory(detail::Link link, runtime::Memory* memory) : link_(std::move(link)), memory_(memory) {}
  const detail::Link& link() const { return link_; }
  runtime::Memory* internal() const { return memory_; }

 private:
  detail::Link link_;
  runtime::Memory* memory_;
};

class Table {
 public:
  // All elements are `initial`, whose type must be the table's.
  static Result<Table> create(const Store& store, const TableType& type, const Value& initial);

  Result<TableType> type() const;
  u32 size() const;  // 0 if the store is gone
  Result<Value> get(u32 index) const;
  Result<void> set(u32 index, const Value& value) const;
  // Gives the size before.
  Result<u32> grow(u32 count, const Value& initial) const;

  Table(detail::Link link, runtime::Table* table) : link_(std::move(link)), table_(table) {}
  const detail::Link& link() const { return link_; }
  runtime::Table* internal() const { return table_; }

 private:
  detail::Link link_;
  runtime::Table* table_;
};

class Global {
 public:
  static Result<Global> create(const Store& store, const GlobalType& type, const Value& initial);

  Result<GlobalType> type() const;
  Result<Value> get() const;
  // Error if it is not mutable or the value is of another type.
  Result<void> set(const Value& value) const;

  Global(detail::Link link, runtime::Global* global) : link_(std::move(link)), global_(global) {}
  const detail::Link& link() const { return link_; }
  runtime::Global* internal() const { return global_; }

 private:
  detail::Link link_;
  runtime::Global* global_;
};

}  // namespace skerry
