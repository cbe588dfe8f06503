#include "engine/codegen/riscv64/code_buffer.h"

#include <algorithm>

#include "engine/codegen/riscv64/insts.h"

namespace skerry::riscv64 {
namespace {

// How far behind itself a branch and a jump reach.
constexpr u32 branch_reach = 4094, jump_reach = (1 << 20) - 2;
// How much of its reach a waiting branch may have left for an island to take it along.
constexpr u32 branch_slack = 1 << 10, jump_slack = 1 << 16;
// As many jumps wait at most: the pairs for all of them fit into what jump_deadline() leaves.
constexpr u32 max_jumps = 1 << 16;

}  // namespace

void CodeBuffer::jump_table_entry(Label target, Label table) {
  data32(offset() - offset_of(table));
  words_.push_back({offset() - 4, target});
}

// An island at `c` begins with a jump of 4 bytes over it. The forms for branches come next, 4 bytes each: the first
// within reach of the first branch, then all are, for branches are no less than 4 bytes apart.
u64 CodeBuffer::branch_deadline() const {
  if (branches_.empty()) return ~u64{0};
  return u64(branches_.front().offset) + branch_reach - 4;
}

// The forms for jumps come last, 8 bytes each, while jumps are no less than 4 bytes apart: 4 bytes of each that waits
// are kept back, and as much as the forms for branches may take.
u64 CodeBuffer::jump_deadline() const {
  if (jumps_.empty()) return ~u64{0};
  if (jumps_.size() >= max_jumps) return 0;
  return u64(jumps_.front().offset) + jump_reach - 4 * jumps_.size() - 2 * (branch_reach + 2);
}

void CodeBuffer::update_limit() {
  u64 deadline = in_island_ ? ~u64{0} : std::min(branch_deadline(), jump_deadline());
  limit_ = end_;
  if (deadline < usize(end_ - bytes_.get())) limit_ = bytes_.get() + deadline;
}

// Makes the next `bytes` bytes writable: memory for them, and nobody who waits loses his reach meanwhile.
void CodeBuffer::make_room(u32 bytes) {
  auto is_due = [&] { return std::min(branch_deadline(), jump_deadline()) < u64(offset()) + bytes; };
  if (!in_island_ && is_due()) {
    drop_bound();
    // The jumps that an island makes of branches need a second one if `bytes` is more than they reach.
    while (is_due()) put_island(bytes);
  }
  if (usize(end_ - cursor_) < bytes) grow(bytes);
  update_limit();
}

// The oldest who wait for a label that is bound by now wait no longer.
void CodeBuffer::drop_bound() {
  for (; !branches_.empty() && is_bound(branches_.front().label); branches_.pop())
    patch_branch(branches_.front().offset, offset_of(branches_.front().label));
  for (; !jumps_.empty() && is_bound(jumps_.front().label); jumps_.pop())
    patch_jump(jumps_.front().offset, offset_of(jumps_.front().label));
}

void CodeBuffer::put_island(u32 bytes) {
  in_island_ = true;
  // Where jumps are due, the island is long, and no branch outlives it.
  bool far = jump_deadline() < u64(offset()) + bytes + jump_slack || jumps_.size() + branches_.size() >= max_jumps;
  u32 waiting_jumps = jumps_.size();
  u32 start = offset();
  data32(opcode_jal);
  while (!branches_.empty()) {
    Reference reference = branches_.front();
    if (is_bound(reference.label)) {
      patch_branch(reference.offset, offset_of(reference.label));
    } else if (far || branch_deadline() < u64(offset()) + bytes + branch_slack) {
      patch_branch(reference.offset, offset());
      jumps_.push({offset(), reference.label});
      data32(opcode_jal);
    } else {
      break;
    }
    branches_.pop();
  }
  for (; far && waiting_jumps != 0; --waiting_jumps) {
    Reference reference = jumps_.front();
    if (is_bound(reference.label)) {
      patch_jump(reference.offset, offset_of(reference.label));
    } else {
      patch_jump(reference.offset, offset());
      refer_pair(offset(), reference.label);
      data32(opcode_auipc | number(assembler_gpr) << 7);
      data32(opcode_jalr | number(assembler_gpr) << 15);
    }
    jumps_.pop();
  }
  patch_jump(start, offset());
  in_island_ = false;
}

void CodeBuffer::patch_branch(u32 offset, u32 target) {
  i64 distance = i64(target) - offset;
  CHECK(fits_signed(distance, 13));
  patch32(offset, read32(offset) | b_immediate(i32(distance)));
}

void CodeBuffer::patch_jump(u32 offset, u32 target) {
  i64 distance = i64(target) - offset;
  CHECK(fits_signed(distance, 21));
  patch32(offset, read32(offset) | j_immediate(i32(distance)));
}

void CodeBuffer::set_distance(u8* pair, i64 distance) {
  CHECK(fits_signed(distance + 0x800, 32));
  u32 words[2];
  memcpy(words, pair, 8);
  words[0] = (words[0] & 0xfff) | u_immediate(i32((distance + 0x800) >> 12));
  words[1] = (words[1] & 0xfffff) | i_immediate(i32(distance));
  memcpy(pair, words, 8);
}

// Nothing comes any more that could need an island: every label of a branch must be bound.
void CodeBuffer::resolve_waiting() {
  for (; !branches_.empty(); branches_.pop())
    patch_branch(branches_.front().offset, offset_of(branches_.front().label));
  for (; !jumps_.empty(); jumps_.pop()) patch_jump(jumps_.front().offset, offset_of(jumps_.front().label));
  update_limit();
}

void CodeBuffer::finish() {
  resolve_waiting();
  emit_constants(0);  // two zero bytes are the illegal instruction
  update_limit();
  for (Reference pair : pairs_) set_distance(bytes_.get() + pair.offset, i64(offset_of(pair.label)) - pair.offset);
  for (Reference word : words_) patch32(word.offset, read32(word.offset) + offset_of(word.label) - word.offset);
  pairs_.clear();
  words_.clear();
}

void CodeBuffer::clear() {
  CodeBytes::clear();
  branches_.clear();
  jumps_.clear();
  pairs_.clear();
  words_.clear();
  update_limit();
}

}  // namespace skerry::riscv64
