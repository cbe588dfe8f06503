// A builtin that traps leaves the trap pending and returns; its stub unwinds. Bounds are checked
// in 64 bits before anything is written, so that none faults.
//
// What may take long goes in pieces, between which it looks whether the store was interrupted. The
// pieces already done stay done, as with any store that is followed by a trap.

#include "engine/runtime/builtins.h"

#include <algorithm>
#include <cstring>

#include "engine/runtime/instance.h"

namespace skerry::runtime {
namespace {

constexpr u64 piece = MiB;               // bytes
constexpr u64 table_piece = 16 * KiB;    // elements

bool in_bounds(u64 start, u64 count, u64 size) { return start <= size && count <= size - start; }

// Calls step(at, n) over [0, count) in pieces, upwards or downwards.
enum class Direction : u8 { Up, Down };
template <class Step>
void in_pieces(Store& store, u64 count, u64 size, Direction direction, Step step) {
  for (u64 done = 0; done < count;) {
    u64 n = std::min(count - done, size);
    step(direction == Direction::Up ? done : count - done - n, n);
    done += n;
    if (Store::innermost_run()->is_to_stop() && done < count) return store.raise(TrapCode::Interrupted);
  }
}

u64 memory_grow(InstanceHeader* header, u32 memory, u32 pages) {
  std::optional<u64> before = Instance::of(header).memory(MemoryIndex(memory)).grow(pages);
  return before ? *before : u32(-1);
}

void memory_init(InstanceHeader* header, u32 memory, u32 data, u32 destination, u32 source, u32 count) {
  Instance& instance = Instance::of(header);
  MemoryRecord& to = instance.memory(MemoryIndex(memory)).record;
  std::span<const u8> from = instance.data(DataIndex(data));
  if (!in_bounds(source, count, from.size()) || !in_bounds(destination, count, to.size)) {
    return instance.store().raise(TrapCode::MemoryOutOfBounds);
  }
  in_pieces(instance.store(), count, piece, Direction::Up,
            [&](u64 at, u64 n) { std::memcpy(to.base + destination + at, from.data() + source + at, n); });
}

void data_drop(InstanceHeader* header, u32 data) { Instance::of(header).drop_data(DataIndex(data)); }

void memory_copy(InstanceHeader* header, u32 to_memory, u32 from_memory, u32 destination, u32 source, u32 count) {
  Instance& instance = Instance::of(header);
  MemoryRecord& to = instance.memory(MemoryIndex(to_memory)).record;
  MemoryRecord& from = instance.memory(MemoryIndex(from_memory)).record;
  if (!in_bounds(source, count, from.size) || !in_bounds(destination, count, to.size)) {
    return instance.store().raise(TrapCode::MemoryOutOfBounds);
  }
  // Away from where the ranges overlap, so that a later piece finds what it copies.
  Direction direction = &to == &from && destination > source ? Direction::Down : Direction::Up;
  in_pieces(instance.store(), count, piece, direction,
            [&](u64 at, u64 n) { std::memmove(to.base + destination + at, from.base + source + at, n); });
}

void memory_fill(InstanceHeader* header, u32 memory, u32 destination, u32 value, u32 count) {
  Instance& instance = Instance::of(header);
  MemoryRecord& to = instance.memory(MemoryIndex(memory)).record;
  if (!in_bounds(destination, count, to.size)) return instance.store().raise(TrapCode::MemoryOutOfBounds);
  in_pieces(instance.store(), count, piece, Direction::Up,
            [&](u64 at, u64 n) { std::memset(to.base + destination + at, int(value & 0xff), n); });
}

void table_set(InstanceHeader* header, u32 table, u32 index, u32 value) {
  Instance& instance = Instance::of(header);
  Table& to = instance.table(TableIndex(table));
  if (index >= to.record.length) return instance.store().raise(TrapCode::TableOutOfBounds);
  to.record.base[index] = to.entry(value);
}

u64 table_grow(InstanceHeader* header, u32 table, u32 value, u32 count) {
  Instance& instance = Instance::of(header);
  Table& to = instance.table(TableIndex(table));
  std::optional<u32> before = to.grow(count, to.entry(value));
  return before ? *before : u32(-1);
}

void table_fill(InstanceHeader* header, u32 table, u32 start, u32 value, u32 count) {
  Instance& instance = Instance::of(header);
  Table& to = instance.table(TableIndex(table));
  if (!in_bounds(start, count, to.record.length)) return instance.store().raise(TrapCode::TableOutOfBounds);
  TableEntry entry = to.entry(value);
  in_pieces(instance.store(), count, table_piece, Direction::Up,
            [&](u64 at, u64 n) { std::fill_n(to.record.base + start + at, n, entry); });
}

void table_init(InstanceHeader* header, u32 table, u32 elem, u32 destination, u32 source, u32 count) {
  Instance& instance = Instance::of(header);
  TableIndex to(table);
  ElemIndex from(elem);
  if (!in_bounds(source, count, instance.elem_size(from)) ||
      !in_bounds(destination, count, instance.table(to).record.length)) {
    return instance.store().raise(TrapCode::TableOutOfBounds);
  }
  in_pieces(instance.store(), count, table_piece, Direction::Up,
            [&](u64 at, u64 n) { CHECK(instance.init_table(to, from, destination + at, source + at, n)); });
}

void elem_drop(InstanceHeader* header, u32 elem) { Instance::of(header).drop_elem(ElemIndex(elem)); }

void table_copy(InstanceHeader* header, u32 to_table, u32 from_table, u32 destination, u32 source, u32 count) {
  Instance& instance = Instance::of(header);
  const Table &to_owned = instance.table(TableIndex(to_table)), &from_owned = instance.table(TableIndex(from_table));
  const TableRecord &to = to_owned.record, &from = from_owned.record;
  if (!in_bounds(source, count, from.length) || !in_bounds(destination, count, to.length)) {
    return instance.store().raise(TrapCode::TableOutOfBounds);
  }
  Direction direction = &to == &from && destination > source ? Direction::Down : Direction::Up;
  in_pieces(instance.store(), count, table_piece, direction, [&](u64 at, u64 n) {
    TableEntry* into = to.base + destination + at;
    const TableEntry* entries = from.base + source + at;
    // Between tables of which one is an instance's own entries differ.
    if (to_owned.owner == from_owned.owner) std::memmove(into, entries, n * sizeof(TableEntry));
    else for (u64 i = 0; i < n; ++i) into[i] = to_owned.entry(entries[i].handle);
  });
}

void raise_trap(u32 code, StoreState* state) {
  const Run* run = Store::innermost_run();
  CHECK(run && &run->store.state() == state);
  run->store.raise(TrapCode(code));
}

template <class Function>
const void* address(Function* function) { return reinterpret_cast<const void*>(function); }

ValueType type_of_letter(char letter) {
  return letter == 'i' ? ValueType::I32 : letter == 'l' ? ValueType::I64 : ValueType::FuncRef;
}

}  // namespace

const void* builtin_function(Builtin builtin) {
  switch (builtin) {
    case Builtin::MemoryGrow: return address(memory_grow);
    case Builtin::MemoryInit: return address(memory_init);
    case Builtin::DataDrop: return address(data_drop);
    case Builtin::MemoryCopy: return address(memory_copy);
    case Builtin::MemoryFill: return address(memory_fill);
    case Builtin::TableSet: return address(table_set);
    case Builtin::TableGrow: return address(table_grow);
    case Builtin::TableFill: return address(table_fill);
    case Builtin::TableInit: return address(table_init);
    case Builtin::ElemDrop: return address(elem_drop);
    case Builtin::TableCopy: return address(table_copy);
    case Builtin::Count: break;
  }
  UNREACHABLE("no builtin");
}

FuncType builtin_type(Builtin builtin) {
  FuncType type;
  bool is_result = false;
  for (char letter : info(builtin).signature) {
    if (letter == ':') is_result = true;
    else (is_result ? type.results : type.params).push_back(type_of_letter(letter));
  }
  return type;
}

const void* raise_function() { return address(raise_trap); }

}  // namespace skerry::runtime
