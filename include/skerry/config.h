// Config: everything about an engine that can be chosen, with the defaults that most want.
//
//   Config config;
//   config.features = "wasm2,tail-call";
//   config.fuel = Fuel::Counted;
//   Result<Engine> engine = Engine::create(config);
//
// A Config is read once, by Engine::create; changing it afterwards changes nothing.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "skerry/code_cache.h"
#include "skerry/debugger.h"
#include "skerry/integers.h"
#include "skerry/profiler.h"

namespace skerry {

// How functions are compiled.
enum class Gear : u8 {
  Quick,  // fast to compile
  Best,   // fast to run
  // Quick at a function's first call, Best once it has run for a while. Modules are compiled lazily, whatever
  // Config::compilation says.
  Tiered,
};

enum class Compilation : u8 {
  Eager,  // a module's functions when the module is made, on several threads
  Lazy,   // each at its first call; they are still validated when the module is made
  Fitting,  // Eager for a module of few bytes, of which going over each function twice would be the larger part
};

// What a gear makes of a function.
enum class Optimisation : u8 {
  None,   // locals stay in the frame, and each operator computes where it stands: what a debugger wants to see
  Speed,
};

// What compiled code says of itself, to backtraces and in artifacts.
enum class DebugInformation : u8 {
  Sites,  // where in the .wasm each trap and call is
  Lines,  // where each instruction is; artifacts then have DWARF line tables
};

// Whether the engine may install signal handlers (for SIGSEGV, SIGBUS, SIGILL, SIGFPE and
// SIGURG; what is not the engine's is passed on to the handlers that were there before).
// Without, compiled code checks explicitly what otherwise faults, and looks at the beginning of
// functions and of loops whether it was interrupted.
enum class SignalHandlers : u8 { Allowed, Forbidden };

// What keeps accesses to a memory inside it: 6 GiB of address space of its own, most of which faults; or a comparison
// with its size before each access, where address space is short or signal handlers are forbidden.
enum class MemoryBounds : u8 { AddressSpace, Comparison };

enum class Fuel : u8 { NotCounted, Counted };

// When functions of Gear::Tiered are compiled by the best gear, and what that may take.
struct WarmUp {
  // Calls of a function and iterations of its loops, together, before it is: so many, at least 1, or so many for each
  // byte of its body, whichever is more. What is compiled is in proportion to what has run.
  u32 threshold = 30'000;
  u32 threshold_per_byte = 30;
  u32 threads = 1;         // that compile beside the programs; 0: the program compiles by itself, and waits
  u32 queue = 256;         // functions and loops that wait for them, at most; more are asked for again later
  u64 memory = 256 * 1024 * 1024;  // that each of them works with, at most; functions that want more stay as they are
  // A function that waits for them, and has counted its threshold so many times meanwhile, is compiled by the program
  // itself; 0: never.
  u32 patience = 0;
  // Bytes of bodies that these threads compile by the quick gear before their first calls, in a module of which more
  // functions are called one after the other than a program of some milliseconds has, and that are not called, at most;
  // 0: none are.
  u64 ahead = 4 * 1024 * 1024;
};

// What one store may hold. Going over a limit is an error of the API, or, where a guest asks
// for it, what WebAssembly has for that: memory.grow and table.grow answer -1.
struct StoreLimits {
  u64 memory_bytes = ~u64{0};   // of all memories together
  u64 table_elements = 20'000'000;  // of all tables together
  u32 memories = 10'000;
  u32 tables = 10'000;
  u32 instances = 10'000;
};

struct Config {
  std::string target;  // x86_64, riscv64; empty: this machine. Others compile, but do not run
  std::string cpu;     // CPU features, as `skerry compile --cpu` takes them; empty: those of this machine
  std::string features;  // of WebAssembly: wasm1|wasm2|wasm3[,NAME|-NAME...]; empty: all that is implemented
  Gear gear = Gear::Quick;
  Optimisation optimisation = Optimisation::Speed;  // None: of the quick gear alone
  WarmUp warm_up;        // of the tiered gear
  std::string skip_passes;  // of the best gear, to leave out: names with commas between (docs/passes.md)
  DebugInformation debug_information = DebugInformation::Sites;
  Compilation compilation = Compilation::Eager;
  u32 compiler_threads = 0;  // 0: as many as there are processors
  SignalHandlers signal_handlers = SignalHandlers::Allowed;
  MemoryBounds memory_bounds = MemoryBounds::AddressSpace;
  Fuel fuel = Fuel::NotCounted;
  bool mask_indices = true;  // of tables, under speculation (docs/threat-model.md)
  // At most. Of a thread with less, 256 KiB or half is left to host functions, and at least 64 KiB, without which a
  // call ends with TrapCode::StackExhausted at once.
  u64 guest_stack_bytes = 1024 * 1024;
  // Told while functions of a module are compiled eagerly: how many bytes of bodies of how many are done. Called by
  // several threads at once, about every millisecond by each.
  std::function<void(u64 done, u64 total)> progress;
  StoreLimits limits;
  std::shared_ptr<CodeCache> cache;  // none: modules are compiled each time, and begin cold where they are tiered
  std::shared_ptr<Profiler> profiler;  // none: nobody is told of compiled code
  std::shared_ptr<Debugger> debugger;  // the same
};

}  // namespace skerry
