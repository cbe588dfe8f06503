#include "engine/abi/instance.h"

namespace skerry {

InstanceLayout InstanceLayout::of(const wasm::Module& module) {
  InstanceLayout layout;
  u64 at = sizeof(InstanceHeader);
  auto place = [&](u32& field, u64 count, u64 size, u64 alignment) {
    at = align_up(at, alignment);
    field = u32(at);
    at += count * size;
  };
  place(layout.memories, module.memories.size(), sizeof(MemoryRef), 8);
  CHECK(layout.memories == sizeof(InstanceHeader));  // first_memory
  place(layout.tables, module.tables.size(), sizeof(TableRef), 8);
  place(layout.functions, module.imported_functions, sizeof(FuncRecord*), 8);
  place(layout.signatures, module.types.size(), sizeof(u32), 4);
  layout.imported_global_count = module.imported_globals;
  place(layout.imported_globals, module.imported_globals, sizeof(GlobalCell*), 8);
  place(layout.globals, module.globals.size() - module.imported_globals, sizeof(GlobalCell), 16);
  at = align_up(at, 16);
  CHECK(at <= 0x7fffffff);  // the limits on each index space keep it far below
  layout.size = u32(at);
  return layout;
}

}  // namespace skerry
