// The bytes of machine code under construction: a growing buffer, labels, fixups, a constant pool.
//
// A reference to a label is a 32-bit field (or an 8-bit one, for short jumps) that ends up holding the
// distance from the field to the label. Until finish() the field holds the addend, which is negative:
// the processor counts from the end of the instruction, which lies 4 or more bytes behind the field's start.
// finish() emits the pool and resolves every field; then the code is position-independent and may be
// copied to any address that is a multiple of alignment().
//
// Offsets are u32 and the buffer stays below 1 GiB, so that every distance within it fits a field.

#pragma once

#include <memory>
#include <span>
#include <string.h>

#include "base/array.h"
#include "base/check.h"
#include "base/types.h"
#include "engine/codegen/constant_pool.h"
#include "engine/codegen/x64/registers.h"

namespace skerry::x64 {

class CodeBuffer {
 public:
  CodeBuffer() = default;
  CodeBuffer(CodeBuffer&&) = default;
  CodeBuffer& operator=(CodeBuffer&&) = default;

  u32 offset() const { return u32(cursor_ - bytes_.get()); }
  std::span<const u8> code() const { return {bytes_.get(), usize(offset())}; }

  Label new_label() { return labels_.push(unbound); }
  // Makes `count` labels with consecutive indices and returns the first: a label per block, say.
  Label new_labels(u32 count);
  // Puts the label here. A label is bound once.
  void bind(Label label) {
    DCHECK(labels_[label] == unbound);
    labels_[label] = offset();
  }
  bool is_bound(Label label) const { return labels_[label] != unbound; }
  u32 offset_of(Label label) const {
    CHECK(is_bound(label));
    return labels_[label];
  }

  // The label of a constant in the pool, aligned to its size. The same value gives the same label, unless
  // many that came between collide with it.
  Label constant32(u32 value) { return constant({value, 0, 4}); }
  Label constant64(u64 value) { return constant({value, 0, 8}); }
  Label constant128(u64 low, u64 high) { return constant({low, high, 16}); }

  // Data amid the code: tables of jumps and the like.
  void data(std::span<const u8> bytes);
  void data32(u32 value);
  void data64(u64 value);
  // Four bytes: the distance from `table`, which is bound, to `target`. A jump adds it to the table's address.
  void jump_table_entry(Label target, Label table);

  // For fields that the layer above fills in: the targets of calls, say.
  u32 read32(u32 offset) const {
    DCHECK(offset + 4 <= this->offset());
    u32 value;
    memcpy(&value, bytes_.get() + offset, 4);
    return value;
  }
  void patch32(u32 offset, u32 value) {
    DCHECK(offset + 4 <= this->offset());
    memcpy(bytes_.get() + offset, &value, 4);
  }

  // Emits the pool and resolves all references. Every label that is referred to must be bound.
  void finish();
  // What the address of the finished code must be a multiple of: 16 if all stays aligned.
  static constexpr u32 alignment() { return 16; }
  // Forgets code, labels and constants; keeps the memory.
  void clear();

 protected:
  // The longest thing written between reserve() and commit(): an instruction has at most 15 bytes.
  static constexpr u32 reserved = 16;

  // A cursor with room for `reserved` bytes behind it.
  u8* reserve() {
    if (usize(end_ - cursor_) < reserved) [[unlikely]] grow(reserved);
    return cursor_;
  }
  void commit(u8* cursor) {
    DCHECK(cursor >= cursor_ && cursor - cursor_ <= reserved);
    cursor_ = cursor;
  }

  // The field at `field`, which may lie behind the cursor, will refer to the label.
  void refer32(u8* field, Label label) { references32_.push_back({u32(field - bytes_.get()), label}); }
  void refer8(u8* field, Label label) { references8_.push_back({u32(field - bytes_.get()), label}); }

 private:
  static constexpr u32 unbound = ~u32{0};
  static constexpr u32 max_size = 1u << 30;

  struct Reference {
    u32 field;  // offset
    Label label;
  };

  [[gnu::cold]] void grow(usize more);
  void fill(u8 byte, u32 alignment);
  Label constant(const codegen::Constant& constant);
  void emit_constants();
  void resolve();

  std::unique_ptr<u8[]> bytes_;
  u8* cursor_ = nullptr;
  u8* end_ = nullptr;  // of the memory

  IndexMap<Label, u32> labels_;  // offset, or unbound
  Array<Reference> references32_;
  Array<Reference> references8_;

  codegen::ConstantPool pool_;
  Array<Label> constant_labels_;  // parallel to the pool's constants
};

}  // namespace skerry::x64
