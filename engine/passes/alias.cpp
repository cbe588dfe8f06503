#include "engine/passes/alias.h"

#include "engine/abi/builtins.h"

namespace skerry::passes {

ClassSet AliasClasses::written_by(const ir::Inst& inst) const {
  using ir::Op;
  switch (inst.op) {
    case Op::Store: case Op::Store8: case Op::Store16: case Op::Store32: return bit(of_memory(inst.aux));
    case Op::GlobalSet: return bit(of_global(inst.b));
    case Op::SlotSet: return bit(Slots);
    case Op::Call: case Op::CallIndirect: return all_but_slots;
    case Op::CallBuiltin:
      switch (Builtin(inst.a)) {
        // The base of a memory never moves, and what is behind its old end was not readable.
        case Builtin::MemoryGrow: return bit(Sizes);
        case Builtin::MemoryInit: case Builtin::MemoryCopy: case Builtin::MemoryFill: return all_memories;
        case Builtin::TableSet: case Builtin::TableGrow: case Builtin::TableFill: case Builtin::TableInit:
        case Builtin::TableCopy:
          return all_tables;
        case Builtin::DataDrop: case Builtin::ElemDrop: return 0;
        case Builtin::Count: break;
      }
      return all_but_slots;
    default: return 0;
  }
}

}  // namespace skerry::passes
