// The bytes of RISC-V code under construction, and what in them refers to labels.
//
// Instructions stay where they were put: offsets that the caller notes on the way are final. A branch to a
// label that is bound takes the form that reaches it. One to a label that is not yet bound takes the short form,
//
//   conditional branch   4 bytes, reaches 4 KB
//   jump                 4 bytes, reaches 1 MB
//   auipc and jalr       8 bytes, reaches 2 GB, through assembler_gpr
//
// and waits in a queue. When the oldest in the queue is about to lose reach of whatever comes next, an island is
// put there: a jump over the island, and in it, for each that waits so long, a form of the next line of the table,
// to which the branch then goes. A reference thus costs at most one jump and one pair besides itself, and each
// is looked at a fixed number of times: the work and the code are linear in the number of branches.
//
// An island comes before an instruction, before a label that is being bound, or where keep_together() asks: never
// between an instruction and the offset() behind it. Who wants the offset of an instruction before it is there
// calls next_offset().
//
// Addresses (of constants, of tables) are pairs of auipc and an instruction with 12 bits, which reach 2 GB. finish()
// emits the pool and resolves what is left; then the code is position-independent and may be copied to any
// address that is a multiple of alignment().

#pragma once

#include "engine/codegen/code_bytes.h"
#include "engine/codegen/riscv64/registers.h"

namespace skerry::riscv64 {

class CodeBuffer : public codegen::CodeBytes {
 public:
  // Where the next instruction will stand.
  u32 next_offset() {
    reserve();
    return offset();
  }
  // No island comes within the next so many bytes.
  void keep_together(u32 bytes) {
    if (limit_ - cursor_ < i64(bytes) + reserved) make_room(bytes + reserved);  // for the last of them, too
  }

  // Puts the label here. A label is bound once.
  void bind(Label label) {
    reserve();
    bind_here(label);
  }

  // Data amid the code: tables of jumps and the like, for which the caller keeps together what must not be parted.
  void data(std::span<const u8> bytes) {
    keep_together(u32(bytes.size()));
    append(bytes);
  }
  void data32(u32 value) {
    reserve();
    append32(value);
  }
  void data64(u64 value) {
    reserve();
    append64(value);
  }
  // Four bytes: the distance from `table`, which is bound, to `target`. A jump adds it to the table's address.
  void jump_table_entry(Label target, Label table);

  // Emits the pool and resolves all references. Every label that is referred to must be bound.
  void finish();
  // Forgets code, labels and constants; keeps the memory.
  void clear();

  // Makes the auipc and the instruction behind it at `pair`, of which neither has an immediate yet or both have,
  // refer to what is `distance` bytes from the auipc.
  static void set_distance(u8* pair, i64 distance);

 protected:
  // A cursor with room for `reserved` bytes behind it, in which no island comes.
  u8* reserve() {
    if (limit_ - cursor_ < i64(reserved)) [[unlikely]] make_room(reserved);
    return cursor_;
  }

  // The instruction at `offset`, which is the last one, will refer to the label, which is not bound.
  void refer_branch(u32 offset, Label label) {
    branches_.push({offset, label});
    update_limit();
  }
  void refer_jump(u32 offset, Label label) {
    jumps_.push({offset, label});
    update_limit();
  }
  // The pair at `offset` will refer to the label, whether that is bound or not.
  void refer_pair(u32 offset, Label label) { pairs_.push_back({offset, label}); }

 private:
  struct Reference {
    u32 offset;
    Label label;
  };

  // References in the order of their offsets, of which the first `head` are done.
  struct Queue {
    Array<Reference> references;
    u32 head = 0;

    void push(Reference reference) { references.push_back(reference); }
    bool empty() const { return head == references.size(); }
    u32 size() const { return u32(references.size()) - head; }
    const Reference& front() const { return references[head]; }
    void pop() {
      if (++head == references.size()) clear();
    }
    void clear() {
      references.clear();
      head = 0;
    }
  };

  // Up to which offset code may be written before an island must begin; ~0 if nobody waits.
  u64 branch_deadline() const;
  u64 jump_deadline() const;
  void update_limit();
  [[gnu::cold]] void make_room(u32 bytes);
  void drop_bound();
  void put_island(u32 bytes);
  void patch_branch(u32 offset, u32 target);
  void patch_jump(u32 offset, u32 target);
  void resolve_waiting();

  u8* limit_ = nullptr;  // the end of the memory, or the deadline of those who wait
  bool in_island_ = false;

  Queue branches_;
  Queue jumps_;
  Array<Reference> pairs_;
  Array<Reference> words_;  // of jump tables
};

}  // namespace skerry::riscv64
