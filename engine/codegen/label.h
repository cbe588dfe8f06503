// A place in the code or in its constant pool; CodeBytes makes and binds them.

#pragma once

#include "base/index.h"

namespace skerry::codegen {

struct LabelTag;
using Label = Index<LabelTag>;

}  // namespace skerry::codegen
