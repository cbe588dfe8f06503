// What compiled code and runtime agree on: the records that code reads, and where.
//
// The instance register holds an InstanceHeader*, behind which lie the instance's own
// arrays; InstanceLayout says where, from the module alone, so that compiler and runtime
// compute it once each by the same function. Offsets are from the instance register.
//
//   0                 InstanceHeader
//   memories          MemoryRef   per memory, imports first
//   tables            TableRef    per table
//   functions         FuncRecord* per imported function
//   signatures        u32         per type: the engine-wide id of the function type
//   globals           GlobalCell  per own global; GlobalCell* per imported one
//
// Everything here is plain data with no constructor, addressed by offsetof. Who may write a
// field while guests run is said beside it.

#pragma once

#include <cstddef>

#include "base/types.h"
#include "engine/abi/builtins.h"
#include "engine/abi/trap.h"
#include "engine/wasm/module.h"

namespace skerry {

// A linear memory. Owned by its store; base never changes, size only grows.
struct MemoryRecord {
  u8* base;
  u64 size;  // bytes; a multiple of the page size of WebAssembly
};

// A function as tables, references, exports and imports hold it. Lives as long as its
// store, never moves: a reference is its index in the store's array of records, 0 for null.
struct FuncRecord {
  // Code of a guest's function, for callers of the same instance; null for host functions.
  const void* code;
  // The instance it belongs to; for host functions one of the store's own, which is empty and
  // which no code runs in, so that each caller finds it to be another.
  struct InstanceHeader* instance;
  // Code for all other callers, who pass this record in the far register: switches the
  // context, or leaves for the host, and restores it.
  const void* far_code;
  // Host functions: what the trampoline calls, and its first argument.
  const void* host_function;
  void* host_environment;
  u32 signature;  // engine-wide id
  u32 handle;     // the reference to this record
};

// An element of a table of functions, all that a call needs in one place. Null: all zero.
struct TableEntry {
  // FuncRecord::code; in a table that an instance has for itself RuntimeStub::FarEntry where the function belongs to
  // another, so that calls by such a table need not compare.
  const void* code;
  struct InstanceHeader* instance;  // FuncRecord::instance
  u32 signature;                   // FuncRecord::signature; no function's is 0
  u32 handle;                      // the reference, of functions and of externs alike
};
static_assert(sizeof(TableEntry) == 24);
// What stands behind the last element of a table that is as long as it may be: no signature is its own, and what finds
// out why sees that there is no such element.
inline constexpr u32 no_element = ~u32{0};
inline constexpr TableEntry end_of_table = {nullptr, nullptr, 0, no_element};

// A table. Owned by its store; base never changes, length only grows.
struct TableRecord {
  TableEntry* base;
  u32 length;
  u32 maximum;
};

struct MemoryRef {
  u8* base;
  MemoryRecord* record;
};
struct TableRef {
  TableEntry* base;
  TableRecord* record;
};
union GlobalCell {
  u64 bits;  // i32, f32 and references in the low half, the upper half zero
  u8 bytes[16];
};

// Where a thread's guest code was entered from the host, innermost first. Built on the
// native stack by the entry trampoline.
struct Activation {
  Activation* previous;
  u64 entry_stack_pointer;  // to unwind to
  // Set whenever guest code leaves for the host, so that the stack can be walked from there: the frame of the stub
  // that it leaves by, whose return address is the guest's. 0 before the first time.
  u64 exit_frame_pointer;
  u64 unused;  // frames are of 16 bytes
};

// A value of a frame on its way into another body of its function: as in a global's cell, in the low half.
struct LoopCell {
  u64 low, high;
};

// What StubKind::WarmUp keeps of the code that called it, and reads again.
struct WarmUpFrame {
  u64 registers[64];     // by number of the place: integers at 0, floats at 32
  u64 result_pointer;    // for the body that is gone to: where results go that overflow
  u64 unused;            // frames are of 16 bytes
  u64 frame_pointer;     // of who called
  u64 return_address;
};

// Code without calls and with a frame of at most so many bytes does not compare with the
// stack limit: so much, and what the host needs, is free below it.
inline constexpr u32 unchecked_frame = 512;

// The state of a store that compiled code reads. One thread at a time runs in a store.
struct StoreState {
  u64 stack_limit;         // the lowest stack pointer for a prologue; set at entry; ~0 to stop at the next one
  Activation* activation;  // innermost; null outside
  u64 fuel;                // what is left, where it is counted
  u32 pending_trap;        // TrapCode + 1 that a host function, a builtin or an interruption left behind, 0: none;
                           // of the running thread; read on the way back from the host
  u32 interrupt;           // set by any thread, atomically; read by compiled code only where it polls
  FuncRecord* functions;   // by handle
  u64 is_nested;           // whether a guest of another store waits further out on this thread; set at entry
  LoopCell* loop_values;   // for the body that is entered at a loop, which reads them first of all (docs/tiers.md)
};

struct InstanceHeader {
  StoreState* store;
  const void* const* builtins;  // code by Builtin, in the convention of compiled code
  u8* memory_base;              // of memory 0, for the memory base register; null without
  u32 function_handles;         // handle of function 0 of the index space
  u32 unused;
  void* owner;                  // the runtime's Instance
};

// Memory 0, if there is one, is right behind the header, where host functions find it at once.
inline MemoryRef& first_memory(InstanceHeader* header) { return *reinterpret_cast<MemoryRef*>(header + 1); }

// Where the arrays behind the header are. Byte offsets from the instance register.
struct InstanceLayout {
  u32 memories = 0;
  u32 tables = 0;
  u32 functions = 0;
  u32 signatures = 0;
  u32 imported_globals = 0;
  u32 globals = 0;
  u32 size = 0;
  u32 imported_global_count = 0;

  static InstanceLayout of(const wasm::Module& module);

  u32 memory(MemoryIndex i) const { return memories + i.raw() * u32(sizeof(MemoryRef)); }
  u32 table(TableIndex i) const { return tables + i.raw() * u32(sizeof(TableRef)); }
  u32 imported_function(FuncIndex i) const { return functions + i.raw() * u32(sizeof(FuncRecord*)); }
  u32 signature(TypeIndex i) const { return signatures + i.raw() * u32(sizeof(u32)); }
  bool is_imported(GlobalIndex i) const { return i.raw() < imported_global_count; }
  u32 imported_global(GlobalIndex i) const { return imported_globals + i.raw() * u32(sizeof(GlobalCell*)); }
  u32 global(GlobalIndex i) const { return globals + (i.raw() - imported_global_count) * u32(sizeof(GlobalCell)); }
};

}  // namespace skerry
