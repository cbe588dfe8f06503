// The bytes of x86-64 code under construction, and what in them refers to labels.
//
// A reference to a label is a 32-bit field (or an 8-bit one, for short jumps) that ends up holding the
// distance from the field to the label. Until finish() the field holds the addend, which is negative:
// the processor counts from the end of the instruction, which lies 4 or more bytes behind the field's start.
// finish() emits the pool and resolves every field; then the code is position-independent and may be
// copied to any address that is a multiple of alignment().

#pragma once

#include "engine/codegen/code_bytes.h"
#include "engine/codegen/x64/registers.h"

namespace skerry::x64 {

class CodeBuffer : public codegen::CodeBytes {
 public:
  // Puts the label here. A label is bound once.
  void bind(Label label) { bind_here(label); }

  // Data amid the code: tables of jumps and the like.
  void data(std::span<const u8> bytes) { append(bytes); }
  void data32(u32 value) { append32(value); }
  void data64(u64 value) { append64(value); }
  // Four bytes: the distance from `table`, which is bound, to `target`. A jump adds it to the table's address.
  void jump_table_entry(Label target, Label table);

  // Emits the pool and resolves all references. Every label that is referred to must be bound.
  void finish();
  // Forgets code, labels and constants; keeps the memory.
  void clear();

 protected:
  // A cursor with room for `reserved` bytes behind it: an instruction has at most 15.
  u8* reserve() {
    if (usize(end_ - cursor_) < reserved) [[unlikely]] grow(reserved);
    return cursor_;
  }

  // The field at `field`, which may lie behind the cursor, will refer to the label.
  void refer32(u8* field, Label label) { references32_.push_back({u32(field - bytes_.get()), label}); }
  void refer8(u8* field, Label label) { references8_.push_back({u32(field - bytes_.get()), label}); }

 private:
  struct Reference {
    u32 field;  // offset
    Label label;
  };

  void resolve();

  Array<Reference> references32_;
  Array<Reference> references8_;
};

}  // namespace skerry::x64
