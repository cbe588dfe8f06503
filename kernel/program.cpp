// The one program that this kernel runs: from the boot archive to its exit code.

#include "kernel/program.h"

#include "base/string.h"
#include "kernel/fs/changes.h"
#include "kernel/manifest.h"
#include "kernel/mm/frames.h"
#include "kernel/sched/thread.h"
#include "kernel/wasi_host.h"
#include "skerry/skerry.h"
#include "wasi/define.h"

namespace skerry::kernel {

namespace {

// As of `skerry run`.
constexpr u8 exit_failure = 1, exit_trap = 134, exit_interrupted = 130;

// What interrupt handlers find: the guest, while it may run.
struct Guest {
  InterruptHandle handle;
  std::shared_ptr<KernelInterruption> interruption;
  bool ended_by_user = false;
};
Guest* guest;
enum class Phase : u8 { Loads, Runs, Ends } phase;

void end_guest() {
  if (!guest) return;
  guest->handle.interrupt();
  guest->interruption->raise();
}

void on_timeout() { call_unlocked(end_guest); }

void on_user_interrupt() {
  if (phase == Phase::Loads) arch::power_off(exit_interrupted);  // nothing was begun that could be lost
  if (guest) guest->ended_by_user = true;
  call_unlocked(end_guest);
}

class Program {
 public:
  explicit Program(Channel& channel) : channel_(channel) {}

  u8 run(const BootInfo& info) {
    channel_.on_interrupt(on_user_interrupt);
    auto clock = kernel_clock(channel_);
    u64 secret;
    arch::fill_entropy({reinterpret_cast<u8*>(&secret), sizeof secret});
    RamFiles files(*clock, frame_counts().total / 2 * page_size, secret);
    auto manifest = Manifest::read({arch::direct(info.archive.begin), info.archive.size()}, files);
    if (!manifest) return refuse(manifest.error().message);
    manifest_ = &*manifest;
    end_stage("read");

    u8 code = run_module(clock, files);
    if (files.changes() != 0) give_back_files();
    if (manifest_->stats) report(stats_);
    return code;
  }

 private:
  void report(std::string_view message) {
    std::string line = concat("skerry: ", message, "\n");
    if (channel_.started()) channel_.send(ToHost::Error, {reinterpret_cast<const u8*>(line.data()), line.size()});
    else arch::console_write(line);
  }
  u8 refuse(std::string_view message) {
    report(message);
    return exit_failure;
  }
  u8 refuse(const Error& error) {
    std::string place = error.offset == Error::no_offset ? "" : concat("\n  at offset 0x", hex(error.offset));
    return refuse(concat(manifest_->file, ": ", error.message, place));
  }
  u8 end_with(const Trap& trap) {
    if (trap.code() == TrapCode::Exit) return u8(trap.exit_status());
    if (guest->ended_by_user) return exit_interrupted;
    report(concat(manifest_->file, ": ", trap.text()));
    return exit_trap;
  }

  void end_stage(std::string_view name) {
    u64 now = arch::monotonic_ns();
    stats_ += concat(name, " ", (now - stage_began_) / 1000, " us  ");
    stage_began_ = now;
  }

  u8 run_module(const std::shared_ptr<wasi::Clock>& clock, RamFiles& files) {
    Config config;
    config.features = manifest_->features;
    // One processor, and it is the program's; but an artifact is whole.
    config.compilation = is_artifact() ? Compilation::Eager : Compilation::Lazy;
    if (manifest_->fuel) config.fuel = Fuel::Counted;
    if (manifest_->max_memory) config.limits.memory_bytes = *manifest_->max_memory;
    auto engine = Engine::create(config);
    if (!engine) return refuse(engine.error());
    end_stage("engine");
    auto module = load(*engine);
    if (!module) return refuse(module.error());
    end_stage("compile");

    auto interruption = std::make_shared<KernelInterruption>(channel_);
    auto context = std::make_shared<wasi::Context>(kernel_wasi_host(clock, channel_, interruption), wasi::Limits{});
    if (auto filled = fill_context(*context, files, interruption); !filled) return refuse(filled.error());
    auto store = Store::create(*engine);
    if (!store) return refuse(store.error());
    if (manifest_->fuel) store->set_fuel(*manifest_->fuel);
    Linker linker(*engine);
    if (manifest_->unknown_imports == "default") {
      if (auto defined = define_zeros(linker, *store, *module); !defined) return refuse(defined.error());
    }
    wasi::define_wasi(linker, context);
    if (manifest_->unknown_imports == "trap") linker.trap_unknown_functions();

    Guest this_guest = {store->interrupt_handle(), interruption};
    guest = &this_guest;
    phase = Phase::Runs;
    if (manifest_->timeout_ns) set_alarm(arch::monotonic_ns() + *manifest_->timeout_ns, on_timeout);
    auto instance = linker.instantiate(*store, *module);
    end_stage("instantiate");
    u8 code;
    if (instance) {
      code = run_instance(*instance);
      end_stage("run");
    } else if (const Trap* trap = instance.error().trap()) {
      code = end_with(*trap);
    } else {
      code = refuse(concat(manifest_->file, ": ", instance.error().message()));
    }
    set_alarm(never, nullptr);
    phase = Phase::Ends;
    guest = nullptr;
    return code;
  }

  std::string_view program_text() const {
    return {reinterpret_cast<const char*>(manifest_->program.data()), manifest_->program.size()};
  }
  bool is_artifact() const { return program_text().starts_with("\x7f" "ELF"); }

  Result<Module> load(const Engine& engine) {
    std::span<const u8> bytes = manifest_->program;
    std::string_view text = program_text();
    if (text.starts_with(std::string_view("\0asm", 4))) return Module::from_binary(engine, bytes);
    if (!is_artifact()) return Module::from_text(engine, text);
    if (manifest_->allow_precompiled) return Module::from_artifact_trusted(engine, bytes);
    return fail(ErrorCode::Argument,
                "this is compiled code, which can do anything: --allow-precompiled, if you trust it");
  }

  Result<void> fill_context(wasi::Context& context, RamFiles& files,
                            const std::shared_ptr<KernelInterruption>& interruption) {
    context.arguments = manifest_->arguments;
    context.environment = manifest_->environment;
    constexpr wasi::Rights rights[] = {wasi::Right::FdRead, wasi::Right::FdWrite, wasi::Right::FdWrite};
    for (u32 i = 0; i < 3; ++i) {
      auto added = context.add_file(standard_file(i, manifest_->streams[i], channel_, interruption), rights[i]);
      if (!added) return fail(ErrorCode::Environment, wasi::errno_text(added.error()));
    }
    for (const Manifest::Preopen& preopen : manifest_->preopens) {
      auto added = context.add_directory(files.open(preopen.root), preopen.guest, preopen.tree);
      if (!added) return fail(ErrorCode::Environment, wasi::errno_text(added.error()));
    }
    return {};
  }

  // What is imported and nobody provides: functions that return zeros, empty memories and tables, zeros.
  static Result<void> define_zeros(Linker& linker, const Store& store, const Module& module) {
    for (const ImportType& import : module.imports()) {
      if (auto* function = std::get_if<FuncType>(&import.type)) {
        linker.func_dynamic(import.module, import.name, *function,
                            [](Caller&, std::span<const Value>, std::span<Value>) -> Called<void> { return {}; });
      } else if (auto* table = std::get_if<TableType>(&import.type)) {
        linker.define(import.module, import.name, TRY(Table::create(store, *table, Value::null(table->element))));
      } else if (auto* memory = std::get_if<MemoryType>(&import.type)) {
        linker.define(import.module, import.name, TRY(Memory::create(store, *memory)));
      } else if (auto* global = std::get_if<GlobalType>(&import.type)) {
        Value zero(global->value, 0, nullptr);
        linker.define(import.module, import.name, TRY(Global::create(store, *global, zero)));
      }
    }
    return {};
  }

  // A command runs from _start, or from the function under the empty name; a reactor is initialised.
  u8 run_instance(const Instance& instance) {
    for (std::string_view name : {"_start", "", "_initialize"}) {
      auto found = instance.find(name);
      const Func* function = found ? std::get_if<Func>(&*found) : nullptr;
      if (!function) continue;
      auto outcome = function->call({});
      return outcome ? 0 : end_with(outcome.error());
    }
    return 0;
  }

  void give_back_files() {
    std::vector<ChangedTree> trees;
    for (usize i = 0; i < manifest_->preopens.size(); ++i) {
      const Manifest::Preopen& preopen = manifest_->preopens[i];
      if (preopen.tree == wasi::Mutability::ReadWrite) trees.push_back({concat("dirs/", i), preopen.root.get()});
    }
    u64 left_out = write_changes(trees, [&](std::span<const u8> bytes) { channel_.send(ToHost::Files, bytes); });
    if (left_out) report(concat(left_out, " files have too long a name or are too large to be given back"));
  }

  Channel& channel_;
  const Manifest* manifest_ = nullptr;
  std::string stats_;
  u64 stage_began_ = 0;
};

}  // namespace

u8 run_program(const BootInfo& info, Channel& channel) { return Program(channel).run(info); }

}  // namespace skerry::kernel
