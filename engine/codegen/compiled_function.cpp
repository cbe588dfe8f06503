#include "engine/codegen/target.h"

namespace skerry::codegen {

void CompiledFunction::clear() {
  code.clear();
  relocations.clear();
  traps.clear();
  calls.clear();
  frame_size = 0;
}

}  // namespace skerry::codegen
