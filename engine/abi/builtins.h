// Builtin: the functions of the runtime that compiled code calls by itself.

#pragma once

#include <string_view>

#include "base/types.h"

namespace skerry {

enum class Builtin : u8 {
#define BUILTIN(name, signature) name,
#include "engine/abi/builtins.def"
#undef BUILTIN
  Count,
};

// Behind the builtins in InstanceHeader::builtins: code without a function of the runtime of its own.
enum class RuntimeStub : u8 {
  Unwind,      // raises the trap whose code is the first argument (TrapStyle::Call)
  Leave,       // StubKind::Unwind itself, for stubs that find a pending trap
  TailReturn,  // where a callee returns to that was tail-called out of its caller's frame (docs/abi.md)
  FarEntry,    // in a table that an instance has for itself: goes on to another's function
  WarmUp,      // StubKind::WarmUp, for counters of tiered code (docs/tiers.md)
  Count,
};
constexpr u32 builtin_slot(Builtin builtin) { return u32(builtin); }
constexpr u32 builtin_slot(RuntimeStub stub) { return u32(Builtin::Count) + u32(stub); }
constexpr u32 builtin_slots = u32(Builtin::Count) + u32(RuntimeStub::Count);

struct BuiltinInfo {
  std::string_view name;
  std::string_view signature;
};
inline constexpr BuiltinInfo builtin_table[] = {
#define BUILTIN(name, signature) {#name, signature},
#include "engine/abi/builtins.def"
#undef BUILTIN
};
constexpr const BuiltinInfo& info(Builtin builtin) { return builtin_table[u8(builtin)]; }

}  // namespace skerry
