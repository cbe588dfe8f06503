// AliasClasses: the state that instructions read and write, in classes of which no two overlap.
//
//   memories         those imported, which may be one and the same, are a class together; of those of the module's own
//                    the first is a class, and the others are
//   sizes            of all memories: they change by memory.grow and in calls
//   tables           those imported, those of its own: elements and sizes
//   globals          that never change are in no class; mutable ones that are imported, which may be one and the
//                    same, share a class; of those of its own the first few have one each, the others one together
//   slots            of the frame
//
// A call changes everything but slots: the callee may call back into this instance, and whoever else has a
// memory, a table or a global of it may run.

#pragma once

#include "engine/ir/function.h"
#include "engine/wasm/module.h"

namespace skerry::passes {

using ClassSet = u32;  // a bit a class

class AliasClasses {
 public:
  static constexpr u32 count = 16;
  static constexpr u32 none = ~u32{0};  // of what never changes

  explicit AliasClasses(const wasm::Module& module) : module_(module) {}

  // The class that an instruction reads. It must be one that reads and is no call.
  u32 read_by(const ir::Inst& inst) const {
    switch (inst.op) {
      case ir::Op::MemorySize: return Sizes;
      case ir::Op::GlobalGet: return of_global(inst.b);
      case ir::Op::TableGet: case ir::Op::TableSize: return of_table(inst.b);
      case ir::Op::SlotGet: return Slots;
      case ir::Op::LoopValue: return none;  // of the first block alone, before anything else
      default: return of_memory(inst.aux);
    }
  }

  bool is_own_global(u32 global) const { return global >= module_.imported_globals; }

  bool is_own_memory(u32 memory) const { return memory >= module_.imported_memories; }
  // What a memory has from the beginning; it never has less.
  u64 least_bytes(u32 memory) const { return module_.memories[MemoryIndex(memory)].limits.min * page_size; }

  // The classes that an instruction may change.
  ClassSet written_by(const ir::Inst& inst) const;

 private:
  enum : u32 {
    ImportedMemories, FirstMemory, OtherMemories, Sizes, ImportedTables, OwnTables, Slots, ImportedGlobals,
    FirstGlobal,  // .. count - 2 of one global each
    OtherGlobals = count - 1,
  };
  static constexpr ClassSet bit(u32 index) { return index == none ? 0 : ClassSet{1} << index; }
  static constexpr ClassSet all_but_slots = (ClassSet{1} << count) - 1 - (ClassSet{1} << Slots);
  static constexpr ClassSet all_memories =
      ClassSet{1} << ImportedMemories | ClassSet{1} << FirstMemory | ClassSet{1} << OtherMemories;
  static constexpr ClassSet all_tables = ClassSet{1} << ImportedTables | ClassSet{1} << OwnTables;

  u32 of_memory(u32 memory) const {
    if (memory < module_.imported_memories) return ImportedMemories;
    return memory == module_.imported_memories ? FirstMemory : OtherMemories;
  }
  u32 of_table(u32 table) const { return table < module_.imported_tables ? ImportedTables : OwnTables; }
  u32 of_global(u32 global) const {
    if (module_.globals[GlobalIndex(global)].type.mutability == Mutability::Const) return none;
    if (global < module_.imported_globals) return ImportedGlobals;
    return std::min<u32>(FirstGlobal + (global - module_.imported_globals), OtherGlobals);
  }

  const wasm::Module& module_;
};

}  // namespace skerry::passes
