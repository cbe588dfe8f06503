// TrapCode: why a guest stopped (skerry/traps.def, skerry/trap_code.h).

#pragma once

#include "skerry/trap_code.h"
