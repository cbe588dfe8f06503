#include "engine/runtime/compile.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/array.h"
#include "engine/runtime/body_runs.h"
#include "platform/platform.h"

namespace skerry::runtime {
namespace {

constexpr u32 bytes_per_thread = 64 * KiB;  // of bodies, for which one more thread pays
constexpr u64 code_limit = 0x7fff0000;    // what direct calls reach

// What one thread made of a run.
struct Compiled {
  Array<u8> code;
  Array<u8> sites;
  struct Piece {
    u32 code_size;
    u32 alignment;
    u32 sites_size;
    u32 relocations;  // how many
  };
  Array<Piece> pieces;
  Array<codegen::Relocation> relocations;
};

class ModuleCompilation {
 public:
  ModuleCompilation(const Engine& engine, const wasm::Module& module, const InstanceLayout& layout)
      : engine_(engine), module_(module), layout_(layout), runs_(module), compiled_(runs_.runs().size()) {}

  Result<ModuleCode> run() {
    auto work = [](void* self) { static_cast<ModuleCompilation*>(self)->compile_runs(); };
    runs_.do_all(engine_.config().compiler_threads, bytes_per_thread, work, this);
    if (auto error = runs_.take_failure()) return fail(std::move(*error));
    return lay_out();
  }

 private:
  void compile_runs() {
    FunctionCompiler compiler(engine_, module_, layout_, codegen::CallStyle::Direct, engine_.config().gear);
    while (auto number = runs_.next()) {
      const BodyRuns::Run& run = runs_.runs()[*number];
      for (FuncIndex function = run.begin; function < run.end; function = function.next()) {
        auto compiled = compiler.compile(function);
        if (!compiled) {
          runs_.note_failure(function, std::move(compiled.error()));
          break;
        }
        append(compiled_[*number], **compiled);
      }
      note_progress(run.bytes);
    }
  }

  void note_progress(u64 bytes) {
    if (!engine_.config().progress) return;
    u64 done = bytes_done_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    engine_.config().progress(done, module_.code_section.size);
  }

  static void append(Compiled& run, const codegen::CompiledFunction& function) {
    usize sites_before = run.sites.size();
    run.code.insert(run.code.end(), function.code.begin(), function.code.end());
    FunctionTable::encode(function, run.sites);
    run.relocations.insert(run.relocations.end(), function.relocations.begin(), function.relocations.end());
    run.pieces.push_back(
        {u32(function.code.size()), function.alignment, u32(run.sites.size() - sites_before),
         u32(function.relocations.size())});
  }

  Result<ModuleCode> lay_out() {
    ModuleCode out;
    u64 total = 0;
    Array<u64> offsets;  // by function of its own
    offsets.reserve(module_.functions.size() - module_.imported_functions);
    for (const Compiled& run : compiled_) {
      for (const Compiled::Piece& piece : run.pieces) {
        total = align_up(total, piece.alignment);
        offsets.push_back(total);
        total += piece.code_size;
      }
    }
    total = align_up(total, codegen::CompiledFunction::most_alignment);
    if (total > code_limit) return fail(ErrorCode::Limit, "the machine code of the module would be over 2 GiB");
    out.memory = TRY(CodeMemory::create(total));
    out.size = total;
    u8* base = out.memory.data();
    u64 address = reinterpret_cast<u64>(base);
    out.table.set_code(address);

    usize index = 0;
    for (Compiled& run : compiled_) {
      const u8* code = run.code.data();
      const u8* sites = run.sites.data();
      const codegen::Relocation* relocation = run.relocations.data();
      for (const Compiled::Piece& piece : run.pieces) {
        u64 offset = offsets[index++];
        if (piece.code_size) std::memcpy(base + offset, code, piece.code_size);
        for (u32 i = 0; i < piece.relocations; ++i, ++relocation) {
          u32 callee = relocation->function.raw() - module_.imported_functions;
          CHECK(relocation->kind == codegen::RelocationKind::Call && callee < offsets.size());
          engine_.target().relocate(base + offset, address + offset, *relocation, address + offsets[callee]);
        }
        out.table.add(u32(offset), piece.code_size, {sites, piece.sites_size});
        code += piece.code_size;
        sites += piece.sites_size;
      }
      run = {};  // its memory goes back as the code fills
    }
    return out;
  }

  const Engine& engine_;
  const wasm::Module& module_;
  const InstanceLayout& layout_;
  BodyRuns runs_;
  std::vector<Compiled> compiled_;  // by run; each is one thread's while it is compiled
  std::atomic<u64> bytes_done_ = 0;
};

translate::Options options_of(const Engine& engine) {
  bool optimises = engine.config().optimisation != Optimisation::None;
  return {.fuel = engine.settings().fuel,
          .locals = optimises ? translate::LocalsPolicy::Values : translate::LocalsPolicy::Slots,
          .reuse = optimises};
}

}  // namespace

FunctionCompiler::FunctionCompiler(const Engine& engine, const wasm::Module& module, const InstanceLayout& layout,
                                   codegen::CallStyle calls, Gear gear)
    : engine_(engine), module_(module), layout_(layout), settings_(engine.settings()),
      options_(options_of(engine)), scratch_(engine.target().make_scratch()),
      callees_(module, engine.features(), options_, translate_scratch_) {
  settings_.calls = calls;
  bool is_best = gear == Gear::Best && engine.config().optimisation != Optimisation::None;
  settings_.allocator = is_best ? codegen::Allocator::Ranges : codegen::Allocator::LinearScan;
  settings_.counts = !is_best && engine.is_tiered();
  if (!is_best || engine.passes() == 0) return;
  pipeline_.emplace(engine.passes());
  pipeline_->set_clock(platform::monotonic_ns);
  bool moves = engine.target().has_conditional_moves();
  pipeline_->set_selections(moves ? passes::Selections::Move : passes::Selections::Branch);
}

FunctionCompiler::~FunctionCompiler() { tell_counts(); }

void FunctionCompiler::set_watch(Watch watch) {
  watch_ = std::move(watch);
  if (!pipeline_) return;
  auto after_pass = [](void* self, passes::Pass pass, const ir::Function& function) {
    static_cast<FunctionCompiler*>(self)->watch_(passes::name_of(pass), function);
  };
  pipeline_->set_watch(watch_ ? +after_pass : nullptr, this);
}

void FunctionCompiler::tell_counts() {
  if (settings_.allocator == codegen::Allocator::LinearScan) return;
  engine_.add_counts(pipeline_ ? pipeline_->counts() : std::span<const passes::PassCounts>(), allocation_);
  if (pipeline_) pipeline_->clear_counts();
  allocation_ = {};
}

Result<const codegen::CompiledFunction*> FunctionCompiler::compile(FuncIndex function) {
  function_.clear();
  translate::TranslateOutcome outcome = TRY(
      translate::translate_function(module_, function, engine_.features(), options_, translate_scratch_, function_));
  bool is_asked_for = options_.locals == translate::LocalsPolicy::Slots;
  if (outcome.locals_in_slots && !is_asked_for) engine_.locals_in_slots().fetch_add(1, std::memory_order_relaxed);
  if (watch_) watch_("translation", function_);
  return generate();
}

const codegen::CompiledFunction* FunctionCompiler::compile(const ir::Function& function) {
  function_ = function;
  return generate();
}

const codegen::CompiledFunction* FunctionCompiler::generate() {
  if (pipeline_) pipeline_->run(module_, function_, &callees_);
  compiled_.clear();
  engine_.target().compile({module_, layout_, settings_}, function_, *scratch_, compiled_);
  allocation_.add(compiled_.allocation);
  compiled_.inlined.swap(function_.inlined);
  return &compiled_;
}

Result<ModuleCode> compile_module(const Engine& engine, const wasm::Module& module, const InstanceLayout& layout) {
  return ModuleCompilation(engine, module, layout).run();
}

}  // namespace skerry::runtime
