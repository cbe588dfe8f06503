// The program that the boot archive holds: the first process, from the manifest to its exit code.

#include "kernel/program.h"

#include "base/string.h"
#include "kernel/fs/changes.h"
#include "kernel/manifest.h"
#include "kernel/mm/frames.h"
#include "kernel/proc/process.h"
#include "kernel/sched/thread.h"

namespace skerry::kernel {

namespace {

// As of `skerry run`.
constexpr u8 exit_failure = 1, exit_trap = 134, exit_interrupted = 130;

// Less address space than this holds some dozens of memories with their guards, and not more.
constexpr u64 room_for_guards = 1024 * GiB;

// What interrupt handlers find: the processes, while there are any.
Processes* processes;
enum class Phase : u8 { Loads, Runs, Ends } phase;

void on_timeout() {
  call_unlocked([] {
    if (processes && processes->first()) processes->first()->time_out();
  });
}

void on_user_interrupt() {
  if (phase == Phase::Loads) arch::power_off(exit_interrupted);  // nothing was begun that could be lost
  call_unlocked([] {
    Process* process = processes ? processes->interrupted() : nullptr;
    if (process) process->interrupt();
  });
}

class Program {
 public:
  Program(Channel& channel, Terminal& terminal) : channel_(channel), terminal_(terminal) {}

  u8 run(const BootInfo& info) {
    channel_.on_interrupt(on_user_interrupt);
    terminal_.on_interrupt(on_user_interrupt);
    stage_began_ = arch::monotonic_ns();
    auto clock = kernel_clock(channel_);
    u64 secret;
    arch::fill_entropy({reinterpret_cast<u8*>(&secret), sizeof secret});
    RamFiles files(*clock, frame_counts().total / 2 * page_size, secret);
    auto manifest = Manifest::read({arch::direct(info.archive.begin), info.archive.size()}, files);
    if (!manifest) return refuse(manifest.error().message);
    manifest_ = &*manifest;
    end_stage("read");

    u8 code = run_module(clock, files);
    if (files.changes() != 0 && channel_.started()) give_back_files();
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
  void end_stage(std::string_view name) {
    u64 now = arch::monotonic_ns();
    stats_ += concat(name, " ", (now - stage_began_) / 1000, " us  ");
    stage_began_ = now;
  }

  u8 run_module(const std::shared_ptr<wasi::Clock>& clock, RamFiles& files) {
    Config config;
    config.features = manifest_->features;
    // One processor, and it is the program's; but an artifact is whole.
    std::string_view text(reinterpret_cast<const char*>(manifest_->program.data()), manifest_->program.size());
    config.compilation = text.starts_with("\x7f" "ELF") ? Compilation::Eager : Compilation::Lazy;
    if (manifest_->fuel) config.fuel = Fuel::Counted;
    if (arch::address_limit() < room_for_guards) config.memory_bounds = MemoryBounds::Comparison;
    auto engine = Engine::create(config);
    if (!engine) return refuse(concat(manifest_->file, ": ", engine.error().message));
    end_stage("engine");

    Processes all(*engine, clock);
    Launch launch;
    launch.name = manifest_->file;
    launch.program = manifest_->program;
    launch.max_memory = manifest_->max_memory;
    launch.fuel = manifest_->fuel;
    launch.unknown_imports = manifest_->unknown_imports;
    launch.allow_precompiled = manifest_->allow_precompiled;
    launch.context = all.new_context();
    if (auto filled = fill_context(*launch.context, files); !filled) return refuse(filled.error().message);

    all.on_who_sees_interrupts([this](bool sees) {
      if (!channel_.started()) return;
      u32 value = sees;
      channel_.send(ToHost::Interrupts, {reinterpret_cast<const u8*>(&value), sizeof value});
    });
    processes = &all;
    phase = Phase::Runs;
    if (manifest_->timeout_ns) set_alarm(arch::monotonic_ns() + *manifest_->timeout_ns, on_timeout);
    Ending ending = all.run_here(std::move(launch));
    set_alarm(never, nullptr);
    phase = Phase::Ends;
    processes = nullptr;
    stats_ += all.stages;
    switch (ending.how) {
      case Ending::How::Exited: return u8(ending.code);
      case Ending::How::Trapped: return exit_trap;
      case Ending::How::Killed: break;
    }
    return exit_interrupted;
  }

  Result<void> fill_context(wasi::Context& context, RamFiles& files) {
    context.arguments = manifest_->arguments;
    context.environment = manifest_->environment;
    constexpr wasi::Rights rights[] = {wasi::Right::FdRead, wasi::Right::FdWrite, wasi::Right::FdWrite};
    for (u32 i = 0; i < 3; ++i) {
      auto file = channel_.started() ? standard_file(i, manifest_->streams[i], channel_) : terminal_file(terminal_);
      auto added = context.add_file(std::move(file), rights[i]);
      if (!added) return fail(ErrorCode::Environment, wasi::errno_text(added.error()));
    }
    for (const Manifest::Preopen& preopen : manifest_->preopens) {
      auto added = context.add_directory(files.open(preopen.root), preopen.guest, preopen.tree);
      if (!added) return fail(ErrorCode::Environment, wasi::errno_text(added.error()));
    }
    return {};
  }

  void give_back_files() {
    std::vector<ChangedTree> trees;
    for (usize i = 0; i < manifest_->preopens.size(); ++i) {
      const Manifest::Preopen& preopen = manifest_->preopens[i];
      if (!preopen.is_of_host || preopen.tree == wasi::Mutability::ReadOnly) continue;
      trees.push_back({concat("dirs/", i), preopen.root.get()});
    }
    u64 left_out = write_changes(trees, [&](std::span<const u8> bytes) { channel_.send(ToHost::Files, bytes); });
    if (left_out) report(concat(left_out, " files have too long a name or are too large to be given back"));
  }

  Channel& channel_;
  Terminal& terminal_;
  const Manifest* manifest_ = nullptr;
  std::string stats_;
  u64 stage_began_ = 0;
};

}  // namespace

u8 run_program(const BootInfo& info, Channel& channel, Terminal& terminal) {
  return Program(channel, terminal).run(info);
}

}  // namespace skerry::kernel
