// The bytes of machine code under construction, whatever the instruction set: memory that grows, labels, and constants
// behind the code. engine/codegen/<isa>/code_buffer.h derives from it, and knows how fields refer to labels.
//
// Offsets are u32 and the code stays below 1 GiB, so that every distance within it fits 32 bits.

#pragma once

#include <memory>
#include <span>
#include <string.h>

#include "base/array.h"
#include "base/check.h"
#include "base/index.h"
#include "base/types.h"
#include "engine/codegen/constant_pool.h"
#include "engine/codegen/label.h"

namespace skerry::codegen {

class CodeBytes {
 public:
  u32 offset() const { return u32(cursor_ - bytes_.get()); }
  std::span<const u8> code() const { return {bytes_.get(), usize(offset())}; }
  // What the address of the finished code must be a multiple of: 16 if all stays aligned.
  static constexpr u32 alignment() { return 16; }

  Label new_label() { return labels_.push(unbound); }
  // Makes `count` labels with consecutive indices and returns the first: a label per block, say.
  Label new_labels(u32 count);
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

 protected:
  // The longest thing written behind the cursor that reserve() of the buffer gives, before commit().
  static constexpr u32 reserved = 16;

  CodeBytes() = default;
  CodeBytes(CodeBytes&&) = default;
  CodeBytes& operator=(CodeBytes&&) = default;
  ~CodeBytes() = default;

  void commit(u8* cursor) {
    DCHECK(cursor >= cursor_ && cursor - cursor_ <= i64(reserved));
    cursor_ = cursor;
  }
  // The memory has room for so many bytes more, at another address.
  [[gnu::cold]] void grow(usize more);
  void append(std::span<const u8> bytes);
  void append32(u32 value) { append({reinterpret_cast<const u8*>(&value), 4}); }
  void append64(u64 value) { append({reinterpret_cast<const u8*>(&value), 8}); }

  void bind_here(Label label) {
    DCHECK(labels_[label] == unbound);
    labels_[label] = offset();
  }
  // The pool, with bytes of `filler` where it must be aligned.
  void emit_constants(u8 filler);
  void clear();

  std::unique_ptr<u8[]> bytes_;
  u8* cursor_ = nullptr;
  u8* end_ = nullptr;  // of the memory

 private:
  static constexpr u32 unbound = ~u32{0};
  static constexpr u32 max_size = 1u << 30;

  Label constant(const Constant& constant);

  IndexMap<Label, u32> labels_;  // offset, or unbound
  ConstantPool pool_;
  Array<Label> constant_labels_;  // parallel to the pool's constants
};

}  // namespace skerry::codegen
