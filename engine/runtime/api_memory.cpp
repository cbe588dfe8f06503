// The handles Memory, Table and Global of the API.

#include <cstring>

#include "base/string.h"
#include "engine/runtime/entities.h"
#include "engine/runtime/store.h"
#include "skerry/memory.h"

namespace skerry {
namespace {

constexpr char gone[] = "the store is gone";

bool is_alive(const detail::Link& link) { return link && link->store; }

// The bits of a value that is to go into a place of this type and store.
Result<u64> bits_for(const detail::Link& link, ValueType type, const Value& value) {
  if (value.type() != type)
    return fail(ErrorCode::Argument, concat("a value of ", name(value.type()), " was given for one of ", name(type)));
  if (value.link() && value.link() != link) return fail(ErrorCode::Argument, "a reference of another store was given");
  return value.bits();
}

Value value_of(const detail::Link& link, ValueType type, u64 bits) {
  return Value(type, bits, is_reference(type) && bits ? link : nullptr);
}

}  // namespace

Result<Memory> Memory::create(const Store& store, const MemoryType& type) {
  if (type.address != AddressType::I32 || type.shared) {
    return fail(ErrorCode::Unsupported, "64-bit and shared memories are not implemented");
  }
  return Memory(store.link(), TRY(store.internal().add_memory(type, nullptr)));
}

Result<MemoryType> Memory::type() const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, gone);
  return memory_->current_type();
}

std::span<u8> Memory::bytes() const {
  if (!is_alive(link_)) return {};
  return {memory_->record.base, memory_->record.size};
}

namespace {

Result<std::span<u8>> range(const Memory& memory, u64 offset, u64 size) {
  std::span<u8> bytes = memory.bytes();
  if (offset > bytes.size() || size > bytes.size() - offset) {
    return fail(ErrorCode::Argument,
                concat("bytes ", offset, " to ", offset + size, " are not all within a memory of ", bytes.size()));
  }
  return bytes.subspan(offset, size);
}

}  // namespace

Result<void> Memory::read(u64 offset, std::span<u8> to) const {
  std::span<u8> from = TRY(range(*this, offset, to.size()));
  if (!to.empty()) std::memcpy(to.data(), from.data(), to.size());
  return {};
}

Result<void> Memory::write(u64 offset, std::span<const u8> from) const {
  std::span<u8> to = TRY(range(*this, offset, from.size()));
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
  return {};
}

Result<u64> Memory::grow(u64 pages) const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, gone);
  std::optional<u64> before = memory_->grow(pages);
  if (!before) return fail(ErrorCode::Limit, concat("the memory cannot grow by ", pages, " pages"));
  return *before;
}

Result<Table> Table::create(const Store& store, const TableType& type, const Value& initial) {
  if (!is_reference(type.element)) return fail(ErrorCode::Argument, "the elements of a table are references");
  u64 bits = TRY(bits_for(store.link(), type.element, initial));
  runtime::Table* table = TRY(store.internal().add_table(type));
  TableEntry entry = table->entry(u32(bits));
  std::fill_n(table->record.base, table->record.length, entry);
  return Table(store.link(), table);
}

Result<TableType> Table::type() const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, gone);
  return table_->current_type();
}

u32 Table::size() const { return is_alive(link_) ? table_->record.length : 0; }

Result<Value> Table::get(u32 index) const {
  if (index >= size())
    return fail(ErrorCode::Argument, concat("a table of ", size(), " elements has no element ", index));
  return value_of(link_, table_->type.element, table_->record.base[index].handle);
}

Result<void> Table::set(u32 index, const Value& value) const {
  if (index >= size())
    return fail(ErrorCode::Argument, concat("a table of ", size(), " elements has no element ", index));
  u64 bits = TRY(bits_for(link_, table_->type.element, value));
  table_->record.base[index] = table_->entry(u32(bits));
  return {};
}

Result<u32> Table::grow(u32 count, const Value& initial) const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, gone);
  u64 bits = TRY(bits_for(link_, table_->type.element, initial));
  std::optional<u32> before = table_->grow(count, table_->entry(u32(bits)));
  if (!before) return fail(ErrorCode::Limit, concat("the table cannot grow by ", count, " elements"));
  return *before;
}

Result<Global> Global::create(const Store& store, const GlobalType& type, const Value& initial) {
  u64 bits = TRY(bits_for(store.link(), type.value, initial));
  return Global(store.link(), store.internal().add_global(type, nullptr, bits));
}

Result<GlobalType> Global::type() const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, gone);
  return global_->type;
}

Result<Value> Global::get() const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, gone);
  return value_of(link_, global_->type.value, global_->cell->bits);
}

Result<void> Global::set(const Value& value) const {
  if (!is_alive(link_)) return fail(ErrorCode::Argument, gone);
  if (global_->type.mutability != Mutability::Var) return fail(ErrorCode::Argument, "the global is not mutable");
  global_->cell->bits = TRY(bits_for(link_, global_->type.value, value));
  return {};
}

}  // namespace skerry
