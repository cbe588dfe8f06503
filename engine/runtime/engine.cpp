#include "engine/runtime/engine.h"

#include <cstring>

#include "base/string.h"
#include "engine/runtime/builtins.h"
#include "engine/runtime/fault.h"
#include "engine/runtime/features.h"
#include "engine/runtime/lazy.h"
#include "engine/runtime/targets.h"

namespace skerry::runtime {

Engine::Engine(const Config& config, Features features, std::unique_ptr<codegen::Target> target, bool runs_here)
    : config_(config),
      features_(features),
      target_(std::move(target)),
      runs_here_(runs_here),
      background_(config.warm_up.threads, config.compiler_threads, config.warm_up.queue),
      signatures_(*target_) {
  bool faults = config.signal_handlers == SignalHandlers::Allowed;
  bool guarded = faults && config.memory_bounds == MemoryBounds::AddressSpace;
  settings_.bounds = guarded ? BoundsPlan::guarded() : BoundsPlan::checked(0);
  settings_.traps = faults ? codegen::TrapStyle::Fault : codegen::TrapStyle::Call;
  bool is_lazy = config.compilation == Compilation::Lazy || is_tiered();
  settings_.calls = is_lazy ? codegen::CallStyle::Slot : codegen::CallStyle::Direct;
  if (config.gear == Gear::Best && config.optimisation != Optimisation::None)
    settings_.allocator = codegen::Allocator::Ranges;
  settings_.memory_base_register = target_->has_memory_base_register();
  settings_.mask_indices = config.mask_indices;
  settings_.fuel = config.fuel == Fuel::Counted;
  settings_.lines = config.debug_information == DebugInformation::Lines;
  settings_.polls = !faults;
}

Result<std::shared_ptr<Engine>> Engine::create(const Config& config) {
  Features features = TRY(parse_features(config.features));
  passes::PassSet skipped = 0;
  if (!config.skip_passes.empty()) skipped = TRY(passes::parse_passes(config.skip_passes));
  if (config.warm_up.threshold == 0) return fail(ErrorCode::Argument, "a function warms up by one call at least");
  ChosenTarget chosen = TRY(choose_target(config.target, config.cpu));
  std::shared_ptr<Engine> engine(new Engine(config, features, std::move(chosen.target), chosen.runs_here));
  if (config.gear != Gear::Quick && config.optimisation != Optimisation::None)
    engine->passes_ = passes::all_passes & ~skipped;
  if (chosen.runs_here) {
    TRY(engine->make_stubs());
    if (engine->may_be_signalled()) TRY(install_fault_handler());
  }
  return engine;
}

// The stubs that there is one of: those for builtins, the ways out of traps, lazy compilation.
Result<void> Engine::make_stubs() {
  using codegen::StubKind;
  struct Made {
    u32 offset;
    const void** place;
  };
  Array<Made> made;
  Array<u8> code;
  builtins_.resize(builtin_slots);
  auto make = [&](StubKind kind, const FuncType* type, const void* address, const void** place) {
    made.push_back({target_->add_stub(kind, type, address, code), place});
  };
  make(StubKind::Unwind, nullptr, nullptr, &unwind_);
  for (u32 i = 0; i < u32(Builtin::Count); ++i) {
    FuncType type = builtin_type(Builtin(i));
    make(StubKind::CallBuiltin, &type, builtin_function(Builtin(i)), &builtins_[i]);
  }
  // What code jumps to for a trap of its own takes down the backtrace first.
  FuncType raise_type{{ValueType::I32, ValueType::I64}, {}};
  make(StubKind::CallBuiltin, &raise_type, raise_function(), &builtins_[builtin_slot(RuntimeStub::Unwind)]);
  make(StubKind::TailReturn, nullptr, nullptr, &builtins_[builtin_slot(RuntimeStub::TailReturn)]);
  make(StubKind::FarEntry, nullptr, nullptr, &builtins_[builtin_slot(RuntimeStub::FarEntry)]);
  make(StubKind::CompileLazily, nullptr, lazy_function(), &compile_lazily_);
  make(StubKind::WarmUp, nullptr, warm_up_function(), &builtins_[builtin_slot(RuntimeStub::WarmUp)]);

  stub_code_ = TRY(CodeMemory::create(code.size()));
  std::memcpy(stub_code_.data(), code.data(), code.size());
  for (const Made& stub : made) *stub.place = stub_code_.data() + stub.offset;
  builtins_[builtin_slot(RuntimeStub::Leave)] = unwind_;
  TRY(stub_code_.publish());
  stub_code_.add_range(0, made[1].offset, CodeKind::Unwind);
  stub_code_.add_range(made[1].offset, code.size(), CodeKind::Stubs);
  return {};
}

std::vector<passes::PassCounts> Engine::pass_counts() const {
  platform::MutexGuard guard(counts_mutex_);
  return {std::begin(pass_counts_), std::end(pass_counts_)};
}

codegen::AllocationCounts Engine::allocation_counts() const {
  platform::MutexGuard guard(counts_mutex_);
  return allocation_counts_;
}

void Engine::add_counts(std::span<const passes::PassCounts> passes, const codegen::AllocationCounts& allocation) const {
  platform::MutexGuard guard(counts_mutex_);
  for (usize i = 0; i < passes.size(); ++i) pass_counts_[i].add(passes[i]);
  allocation_counts_.add(allocation);
}

std::string Engine::describe() const {
  const codegen::Settings& s = settings_;
  return concat(target_->name(), " ", target_->cpu_names(), s.bounds.faults ? " guarded" : " checked",
                s.traps == codegen::TrapStyle::Fault ? " faults" : " calls",
                s.calls == codegen::CallStyle::Direct ? " direct" : " slots",
                s.allocator == codegen::Allocator::Ranges ? " ranges" : "", is_tiered() ? " tiered" : "",
                s.memory_base_register ? " base-register" : " base-loaded", s.mask_indices ? " masked" : "",
                s.fuel ? " fuel" : "", s.polls ? " polls" : "", s.lines ? " lines" : "",
                config_.optimisation == Optimisation::None ? " unoptimised" : "",
                passes_ ? concat(" passes ", passes::print_passes(passes_)) : "", " features ", hex(features_.bits()));
}

}  // namespace skerry::runtime
