#include "engine/codegen/x64/code_buffer.h"

#include <algorithm>
#include <bit>

namespace skerry::x64 {

Label CodeBuffer::new_labels(u32 count) {
  Label first = labels_.end_key();
  labels_.resize(labels_.size() + count, unbound);
  return first;
}

void CodeBuffer::grow(usize more) {
  usize size = offset(), capacity = usize(end_ - bytes_.get());
  usize larger = std::max({usize{4096}, 2 * capacity, size + more});
  CHECK(larger <= max_size);
  auto bytes = std::make_unique_for_overwrite<u8[]>(larger);
  if (size != 0) memcpy(bytes.get(), bytes_.get(), size);
  bytes_ = std::move(bytes);
  cursor_ = bytes_.get() + size;
  end_ = bytes_.get() + larger;
}

void CodeBuffer::data(std::span<const u8> bytes) {
  if (bytes.empty()) return;
  if (usize(end_ - cursor_) < bytes.size()) grow(bytes.size());
  memcpy(cursor_, bytes.data(), bytes.size());
  cursor_ += bytes.size();
}

void CodeBuffer::data32(u32 value) {
  u8* p = reserve();
  memcpy(p, &value, 4);
  commit(p + 4);
}

void CodeBuffer::data64(u64 value) {
  u8* p = reserve();
  memcpy(p, &value, 8);
  commit(p + 8);
}

void CodeBuffer::jump_table_entry(Label target, Label table) {
  u32 addend = offset() - offset_of(table);
  data32(addend);
  refer32(cursor_ - 4, target);
}

void CodeBuffer::fill(u8 byte, u32 alignment) {
  while (offset() % alignment != 0) {
    u8* p = reserve();
    *p = byte;
    commit(p + 1);
  }
}

// --- the constant pool

// The slot that holds the constant, else the slot that is to hold it: a free one or, where max_probes are taken,
// one that then forgets its constant. Constants that a hostile module chose so as to collide thus cost no more
// than others, and are emitted more than once.
u32 CodeBuffer::find_slot(u64 low, u64 high, u32 size) const {
  constexpr u32 max_probes = 8;
  constexpr u64 factor = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
  // The upper bits of the product depend on all bits of the constant, its lower ones on the lower ones alone,
  // which are zeros in short floating-point numbers.
  u64 hash = (low ^ high * factor) * factor;
  u32 first = u32(hash >> (64 - std::countr_zero(constant_slots_.size()))), mask = u32(constant_slots_.size()) - 1;
  for (u32 probe = 0; probe < max_probes; ++probe) {
    u32 slot = (first + probe) & mask, entry = constant_slots_[slot];
    if (entry == 0 || constants_[entry - 1].is(low, high, size)) return slot;
  }
  return first;
}

void CodeBuffer::insert_constant(u32 index) {
  Constant& constant = constants_[index];
  constant.slot = find_slot(constant.low, constant.high, constant.size);
  constant_slots_[constant.slot] = index + 1;
}

Label CodeBuffer::constant(u64 low, u64 high, u32 size) {
  if (2 * (constants_.size() + 1) > constant_slots_.size()) {
    constant_slots_.assign(std::max<usize>(16, 2 * constant_slots_.size()), 0);
    for (u32 i = 0; i < constants_.size(); ++i) insert_constant(i);
  }
  u32 entry = constant_slots_[find_slot(low, high, size)];
  if (entry != 0 && constants_[entry - 1].is(low, high, size)) return constants_[entry - 1].label;
  Label label = new_label();
  constants_.push_back({low, high, size, label, 0});
  insert_constant(u32(constants_.size() - 1));
  return label;
}

// The largest constants come first: each then lies aligned behind those before it.
void CodeBuffer::emit_constants() {
  constexpr u8 int3 = 0xcc;
  for (u32 size : {16u, 8u, 4u}) {
    for (const Constant& constant : constants_) {
      if (constant.size != size) continue;
      fill(int3, size);
      bind(constant.label);
      u64 words[2] = {constant.low, constant.high};
      data({reinterpret_cast<const u8*>(words), size});
    }
  }
}

// --- references

void CodeBuffer::resolve() {
  for (Reference reference : references32_) {
    u32 distance = offset_of(reference.label) - reference.field;
    patch32(reference.field, read32(reference.field) + distance);
  }
  for (Reference reference : references8_) {
    i64 distance = i64(offset_of(reference.label)) - reference.field;
    i64 value = i8(bytes_[reference.field]) + distance;
    CHECK(value == i8(value));
    bytes_[reference.field] = u8(value);
  }
}

void CodeBuffer::finish() {
  emit_constants();
  resolve();
  references32_.clear();
  references8_.clear();
}

void CodeBuffer::clear() {
  cursor_ = bytes_.get();
  labels_.clear();
  references32_.clear();
  references8_.clear();
  for (const Constant& constant : constants_) constant_slots_[constant.slot] = 0;
  constants_.clear();
}

}  // namespace skerry::x64
