// Target: a machine that code is made for, as everything outside codegen/<isa> sees it.
//
// compile() turns the IR of one function into machine code, position-independent but for
// its relocations. stub() makes the few pieces of code around functions: trampolines from
// and to the host, bridges between instances. docs/abi.md has the calling convention.
//
// A Target is immutable and shared by threads; a Scratch belongs to one thread and is
// reused from function to function, so that compiling allocates only while it warms up.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/array.h"
#include "base/result.h"
#include "engine/abi/bounds_plan.h"
#include "engine/abi/instance.h"
#include "engine/codegen/allocation.h"
#include "engine/codegen/frame_view.h"
#include "engine/codegen/listing.h"
#include "engine/ir/function.h"

namespace skerry::codegen {

// How compiled code raises a trap that it finds by itself.
enum class TrapStyle : u8 {
  Fault,  // an illegal instruction, which the fault handler looks up
  Call,   // a call of the runtime; where signal handlers are forbidden
};

// How one function reaches another of its module.
enum class CallStyle : u8 {
  Direct,  // a relocation: the module is compiled as a whole
  Slot,    // through the function's entry slot: lazy and tiered code
};

enum class Allocator : u8 {
  LinearScan,  // one place for each value, in one pass (linear_scan.h)
  Ranges,      // splitting (allocate_ranges.h)
};

// What all functions of a module are compiled with. Part of the artifact's key.
struct Settings {
  BoundsPlan bounds = BoundsPlan::guarded();
  TrapStyle traps = TrapStyle::Fault;
  CallStyle calls = CallStyle::Direct;
  Allocator allocator = Allocator::LinearScan;
  bool memory_base_register = true;  // the platform keeps memory 0's base where code can use it
  bool mask_indices = true;          // under speculation: tables and br_table
  bool fuel = false;
  bool lines = false;            // CompiledFunction::lines
  bool counts = false;           // a counter in the prologue and at heads of loops (docs/tiers.md)
  bool polls = false;             // loops and functions look at StoreState::interrupt; where nothing can stop them
  bool check_allocation = false;  // after each function, by a CHECK; for tests
};

struct ModuleContext {
  const wasm::Module& module;
  const InstanceLayout& layout;
  const Settings& settings;
};

enum class RelocationKind : u8 {
  Call,      // to the body of `function`, the ISA's direct call or tail jump
  EntrySlot, // to the word that holds the address of the body of `function`
  Counter,   // to the counter of `function`, which is the one that is compiled
};
struct Relocation {
  u32 offset;  // in the code
  RelocationKind kind;
  FuncIndex function;
};

// A pc that can trap: the faulting instruction itself.
struct TrapSite {
  u32 offset;
  TrapCode code;
  u32 position;  // byte offset in the .wasm
};
// A call: the address behind it, and where in the .wasm it was.
struct CallSite {
  u32 return_offset;
  u32 position;
};

// From here on code is that of the operator at `position`.
struct LineSite {
  u32 offset;
  u32 position;
};

struct CompiledFunction {
  Array<u8> code;
  Array<Relocation> relocations;
  Array<TrapSite> traps;  // ascending
  Array<CallSite> calls;  // ascending
  Array<LineSite> lines;  // ascending; only if the settings ask for them
  Array<ir::InlinedCall> inlined;  // which positions of all these are in
  u32 alignment = 16;           // of the address of the code; a power of two, at most most_alignment
  bool has_frame = true;        // if not, the return address is where calls leave it throughout (docs/abi.md)
  u32 frame_size = 0;           // bytes below the frame pointer
  u64 saved_registers = 0;      // callee-saved ones kept in the frame, the lowest right below the frame pointer
  AllocationCounts allocation;

  static constexpr u32 most_alignment = 64;

  void clear();
  // Replaces the line that begins at the same offset; leaves out one that says the same again.
  void add_line(u32 offset, u32 position);
};

// Pieces of code around functions. All are position-independent; docs/abi.md tells what they find and leave where.
enum class StubKind : u8 {
  // u32 enter(StoreState*, FuncRecord*, u64* values), in the platform's C convention: from the host into a function
  // of `type`. Pushes an Activation, loads the arguments from values, calls, and stores the results there, a word
  // each; returns 0, or TrapCode + 1 where the guest was unwound.
  Enter,
  // FuncRecord::far_code of guests' functions of `type`: switches to the record's instance and back.
  Bridge,
  // FuncRecord::far_code of host functions of `type`: calls
  //   R host_function(host_environment, InstanceHeader* caller, arguments...)
  // in the platform's C convention; with more than one result R is void, and a u64* comes after the caller.
  // Unwinds afterwards if a trap is pending.
  CallHost,
  // The same for a host function that takes its arguments as an array, whatever their number:
  // calls host_function(host_environment, InstanceHeader* caller, u64* values), which finds the arguments in values
  // (one u64 each) and leaves the results there. Unwinds if a trap is pending.
  CallHostArray,
  // An entry of InstanceHeader::builtins (type: its signature, the instance left out): calls the runtime's C function
  // at `address`. Unwinds if a trap is pending.
  CallBuiltin,
  // unwind(TrapCode, StoreState*): to the innermost activation, whose enter returns. Jumped to or called.
  Unwind,
  // RuntimeStub::TailReturn.
  TailReturn,
  // RuntimeStub::FarEntry. With the TableEntry in the far register (r10; on riscv64 in t3): jumps to its function's
  // far_code, as who called would have.
  FarEntry,
  // RuntimeStub::WarmUp. Called from a body between two instructions, with the scratch register: 0 in the prologue, else
  // the number of the loop, and one. Keeps all registers in a WarmUpFrame and calls
  //   const void* address(InstanceHeader*, WarmUpFrame*, u32)
  // which answers null: all goes on. Or a body to which the caller's frame is left as by a tail call, with the
  // callee-saved registers and the result pointer of the record. Unwinds if a trap is pending.
  WarmUp,
  // What an entry slot holds until its function is compiled. Keeps all argument registers, calls
  // const void* address(InstanceHeader*, const void** slot) for the body, and jumps there; unwinds if a trap is pending.
  // Code that goes through a slot has the slot's address in the scratch register (r11) at that jump or call.
  CompileLazily,
  // The permanent entry of a function that is reached through the slot at `address`: jumps through it.
  SlotEntry,
};

class Scratch;  // the ISA's working memory of one thread

// A rule of instruction selection: what it lowers, and its name.
struct RuleName {
  ir::Op op;
  std::string_view name;
};

class Target {
 public:
  virtual ~Target() = default;
  virtual std::string_view name() const = 0;  // as in --target: x86_64, riscv64
  virtual std::string cpu_names() const = 0;  // the CPU features it uses, for keys and for people
  // Whether its code keeps memory 0's base in a register of its own accord (Settings::memory_base_register).
  virtual bool has_memory_base_register() const = 0;
  // Whether a selection takes no branch.
  virtual bool has_conditional_moves() const = 0;
  // All rules of its selector, in the order in which they are tried.
  virtual std::vector<RuleName> rules() const = 0;
  virtual std::unique_ptr<Scratch> make_scratch() const = 0;
  virtual void compile(const ModuleContext& context, const ir::Function& function, Scratch& scratch,
                       CompiledFunction& out) const = 0;
  // Appends a stub to `code`, at a multiple of stub_alignment, and answers where: for where all of `code` is copied to.
  // `type` for Enter, Bridge, CallHost, CallHostArray and CallBuiltin; `address` where the kind says so.
  virtual u32 add_stub(StubKind kind, const FuncType* type, const void* address, Array<u8>& code) const = 0;
  static constexpr u32 stub_alignment = 16;
  // Writes a relocation's value into code that will run at `code_address`.
  virtual void relocate(u8* code, u64 code_address, const Relocation& relocation, u64 value) const = 0;
};

class Scratch {
 public:
  virtual ~Scratch() = default;
  // Where values of the function that was compiled last are, by a LinearScan.
  virtual FrameView frame() const = 0;
  // The instructions of the function that was compiled last, with the places of their operands: for people.
  virtual std::vector<ListedInst> listing() const = 0;
  // By index in Target::rules(): whether a function compiled with this has used it. For tests.
  std::vector<u8> fired;
};

}  // namespace skerry::codegen
