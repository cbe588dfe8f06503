#include "engine/codegen/x64/code_buffer.h"

#include <algorithm>

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

Label CodeBuffer::constant(const codegen::Constant& constant) {
  u32 index = pool_.add(constant);
  if (index == constant_labels_.size()) constant_labels_.push_back(new_label());
  return constant_labels_[index];
}

// The largest constants come first: each then lies aligned behind those before it.
void CodeBuffer::emit_constants() {
  constexpr u8 int3 = 0xcc;
  auto constants = pool_.constants();
  for (u32 size : {16u, 8u, 4u}) {
    for (u32 i = 0; i < constants.size(); ++i) {
      if (constants[i].size != size) continue;
      fill(int3, size);
      bind(constant_labels_[i]);
      u64 words[2] = {constants[i].low, constants[i].high};
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
  pool_.clear();
  constant_labels_.clear();
}

}  // namespace skerry::x64
