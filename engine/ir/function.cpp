#include "engine/ir/function.h"

namespace skerry::ir {

void Function::clear() {
  index = FuncIndex::none();
  signature = nullptr;
  entry = Entry::Call;
  insts.clear();
  positions.clear();
  blocks.clear();
  loops.clear();
  extra.clear();
  slots.clear();
  inlined.clear();
}

}  // namespace skerry::ir
