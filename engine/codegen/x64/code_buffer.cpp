#include "engine/codegen/x64/code_buffer.h"

namespace skerry::x64 {

void CodeBuffer::jump_table_entry(Label target, Label table) {
  u32 addend = offset() - offset_of(table);
  data32(addend);
  refer32(cursor_ - 4, target);
}

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
  constexpr u8 int3 = 0xcc;
  emit_constants(int3);
  resolve();
  references32_.clear();
  references8_.clear();
}

void CodeBuffer::clear() {
  CodeBytes::clear();
  references32_.clear();
  references8_.clear();
}

}  // namespace skerry::x64
