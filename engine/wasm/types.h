// The types of WebAssembly (skerry/types.h), and the indices into the index spaces of a module.

#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/index.h"
#include "base/types.h"
#include "skerry/types.h"

namespace skerry {

struct TypeTag; struct FuncTag; struct TableTag; struct MemoryTag; struct GlobalTag; struct ElemTag; struct DataTag;
using TypeIndex = Index<TypeTag>;
using FuncIndex = Index<FuncTag>;
using TableIndex = Index<TableTag>;
using MemoryIndex = Index<MemoryTag>;
using GlobalIndex = Index<GlobalTag>;
using ElemIndex = Index<ElemTag>;
using DataIndex = Index<DataTag>;

}  // namespace skerry
