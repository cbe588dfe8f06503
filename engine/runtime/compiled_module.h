// CompiledModule: a module with its machine code and all that instances of it share.
//
// Made once, then immutable but for lazily compiled code, which is under a lock of its own
// (lazy.h). Shared by handles, by stores with instances of it and by engines' caches.

#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/abi/instance.h"
#include "engine/runtime/code_memory.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/function_table.h"
#include "engine/wasm/module.h"
#include "skerry/trap.h"

namespace skerry::runtime {

class LazyCode;

// What an offset in a function's code stands for.
enum class SiteOf : u8 { Instruction, Call };

// Machine code of a whole module: eagerly compiled, or from an artifact. Position-independent.
struct ModuleCode {
  CodeMemory memory;  // published
  u64 size = 0;       // of the code in it
  FunctionTable table;
};

class CompiledModule {
 public:
  // Decodes, validates and compiles, or finds the code in the engine's cache.
  static Result<std::shared_ptr<CompiledModule>> create(std::shared_ptr<Engine> engine, std::vector<u8> bytes);
  // The same from code that was compiled before; artifact.h checks what it can.
  static Result<std::shared_ptr<CompiledModule>> create(std::shared_ptr<Engine> engine, std::vector<u8> bytes,
                                                        ModuleCode code);
  ~CompiledModule();

  Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const wasm::Module& module() const { return module_; }
  std::span<const u8> bytes() const { return bytes_; }
  const InstanceLayout& layout() const { return layout_; }
  // Of eagerly compiled modules; else null.
  const ModuleCode* code() const { return is_lazy() ? nullptr : &code_; }
  bool is_lazy() const { return lazy_ != nullptr; }
  LazyCode& lazy() const { return *lazy_; }

  // The permanent entry of a function of its own.
  const void* entry(FuncIndex function) const;
  // FuncRecord::far_code of a function that something outside code may refer to.
  const void* bridge(FuncIndex function) const { return bridges_[module_.functions[function].type.raw()]; }
  u32 signature(TypeIndex type) const { return signatures_[type.raw()]; }
  u32 signature(FuncIndex function) const { return signature(module_.functions[function].type); }
  std::span<const u32> signatures() const { return signatures_; }

  // For tools outside: never empty, and without zero bytes.
  std::string name_of(FuncIndex function) const;
  const wasm::Export* find_export(std::string_view name) const;

  // The initial content of a memory of its own, with the first `data_in_images()` data segments, if
  // they are active, applied; null for zeros.
  const std::shared_ptr<const MemoryImage>& image(MemoryIndex memory) const {
    return images_[memory.raw() - module_.imported_memories];
  }
  u32 data_in_images() const { return data_in_images_; }

  // To the engine's profiler, if there is one: the functions of the table.
  void tell_profiler(const FunctionTable& table) const;

  // Appends what is told of a place in a function, `offset` bytes into its code: with the callees that stand in it in
  // place of calls, the innermost first.
  void add_frames(const FunctionTable& table, u32 function, u32 offset, SiteOf what, std::vector<Frame>& frames) const;

 private:
  CompiledModule(std::shared_ptr<Engine> engine, std::vector<u8> bytes);
  Frame frame(FuncIndex function, u32 position) const;
  Result<void> decode();
  // False: it is not the code of this module.
  bool take(ModuleCode code);
  Result<void> finish();
  Result<void> make_stubs();
  Result<void> make_images();

  const std::shared_ptr<Engine> engine_;
  const std::vector<u8> bytes_;
  wasm::Module module_;  // refers to bytes_
  InstanceLayout layout_;
  ModuleCode code_;
  std::unique_ptr<LazyCode> lazy_;
  Array<u32> signatures_;  // by type; referred to in the engine's registry
  Array<const void*> bridges_;  // by type; null where no function needs one
  std::vector<std::shared_ptr<const MemoryImage>> images_;
  u32 data_in_images_ = 0;
  void* debugger_token_ = nullptr;  // of code that the engine's debugger was told of
};

}  // namespace skerry::runtime
