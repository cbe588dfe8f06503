// The program that the boot archive holds: the first process, from the manifest to its exit code.

#include "kernel/program.h"

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/string.h"
#include "engine/runtime/engine.h"
#include "kernel/fs/changes.h"
#include "kernel/fs/devices.h"
#include "kernel/fs/mounts.h"
#include "kernel/fs/ninep_files.h"
#include "kernel/manifest.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"
#include "kernel/proc/files.h"
#include "kernel/proc/process.h"
#include "kernel/sched/hart.h"

namespace skerry::kernel {

namespace {

// As of `skerry run`.
constexpr u8 exit_failure = 1, exit_trap = 134, exit_interrupted = 130;

// Less address space than this holds some dozens of memories with their guards, and not more.
constexpr u64 room_for_guards = 1024 * GiB;

// What handlers of interrupts and exceptions want done, which a thread of its own does, since it takes locks.
enum Wanted : u32 { wanted_interrupt = 1, wanted_end_exhausted = 2, wanted_end = 4 };
u32 wanted;
bool is_loading = true;  // nothing was begun that could be lost

void want(u32 what) {
  __atomic_fetch_or(&wanted, what, __ATOMIC_RELEASE);
  wake_threads(&wanted);
}

void on_user_interrupt() {
  if (__atomic_load_n(&is_loading, __ATOMIC_RELAXED)) arch::power_off(exit_interrupted);
  want(wanted_interrupt);
}

// What an image brings along of machine code (docs/kernel.md, Images). Nobody adds to it.
class ArchiveCode final : public CodeCache {
 public:
  explicit ArchiveCode(const Manifest& manifest) : manifest_(manifest) {}

  std::optional<std::vector<u8>> load(std::string_view key) override {
    for (const auto& [own_key, artifact] : manifest_.code) {
      if (own_key != key || platform::available_memory() / 2 < artifact.size()) continue;
      taken_.fetch_add(1, std::memory_order_relaxed);
      return std::vector<u8>(artifact.begin(), artifact.end());
    }
    return std::nullopt;
  }
  void store(std::string_view, std::span<const u8>) override {}

  u32 taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const Manifest& manifest_;
  std::atomic<u32> taken_ = 0;
};

// Sees to it that processes end that are to end, as long as it lives.
class Minder {
 public:
  static Result<std::unique_ptr<Minder>> create(Processes& all, std::optional<u64> timeout_ns) {
    u64 deadline = timeout_ns ? arch::monotonic_ns() + *timeout_ns : never;
    std::unique_ptr<Minder> minder(new Minder(all, deadline));
    minder->thread_ = TRY(spawn_thread([](void* self) { static_cast<Minder*>(self)->run(); }, minder.get()));
    return minder;
  }
  ~Minder() {
    if (!thread_) return;
    want(wanted_end);
    join_thread(thread_);
  }

 private:
  Minder(Processes& all, u64 deadline) : all_(all), deadline_(deadline) {}

  void run() {
    for (;;) {
      u32 now_wanted = __atomic_exchange_n(&wanted, 0, __ATOMIC_ACQUIRE);
      if (now_wanted & wanted_interrupt) all_.interrupt();
      if (now_wanted & wanted_end_exhausted) all_.end_exhausted();
      if (now_wanted & wanted_end) return;
      if (deadline_ != never && arch::monotonic_ns() >= deadline_) {
        all_.time_out();
        deadline_ = never;
      }
      wait_for_word(&wanted, 0, deadline_);
    }
  }

  Processes& all_;
  u64 deadline_;
  Thread* thread_ = nullptr;
};

class Program {
 public:
  Program(Channel& channel, Terminal& terminal, Virtio9pDevices& servers)
      : channel_(channel), terminal_(terminal), servers_(servers) {}

  u8 run(const BootInfo& info) {
    channel_.on_interrupt(on_user_interrupt);
    terminal_.on_interrupt(on_user_interrupt);
    stage_began_ = arch::monotonic_ns();
    auto clock = kernel_clock(channel_);
    u64 secret;
    arch::fill_entropy({reinterpret_cast<u8*>(&secret), sizeof secret});
    RamFiles files(*clock, Budget(frame_counts().total / 2 * page_size, is_memory_short), secret);
    auto manifest = Manifest::read({arch::direct(info.archive.begin), info.archive.size()}, files);
    if (!manifest) return refuse(manifest.error().message);
    manifest_ = &*manifest;
    auto is_served = [](const Manifest::Preopen& preopen) { return !preopen.root; };
    if (std::ranges::any_of(manifest_->preopens, is_served)) servers_.find(info);
    end_stage("read");
    note_free_memory(info);

    u8 code = run_module(clock, files);
    if (files.changes() != 0 && channel_.started()) give_back_files();
    note_free_memory(info);
    if (u64 left = refuse_memory(0)) stats_ += concat(left, " before one is refused");
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
    if (!manifest_->stats) return;
    u64 now = arch::monotonic_ns();
    stats_ += concat(name, " ", (now - stage_began_) / 1000, " us  ");
    stage_began_ = now;
  }

  // All that nothing was put into; the machine's memory but for this is in use.
  void note_free_memory(const BootInfo& info) {
    if (!manifest_->stats) return;
    take_down_released();
    u64 bytes = 0;
    for (u32 i = 0; i < info.ram_count; ++i) bytes += info.ram[i].size();
    stats_ += concat("free ", (bytes - frame_counts().used * page_size) / KiB, " KiB  ");
  }

  void note_tiers(const runtime::TierCounts& counts) {
    auto note = [&](const std::atomic<u64>& count, std::string_view what) {
      if (u64 n = count.load(std::memory_order_relaxed)) stats_ += concat(what, " ", n, "  ");
    };
    note(counts.ahead, "ahead");
    note(counts.found, "found");
    note(counts.best, "best");
    note(counts.loops, "loops");
    note(counts.entered, "entered");
    note(counts.refused, "refused");
    note(counts.too_large, "too large");
    note(counts.dropped, "dropped");
    note(counts.insisted, "insisted");
  }

  u8 run_module(const std::shared_ptr<wasi::Clock>& clock, RamFiles& files) {
    Config config;
    config.features = manifest_->features;
    config.gear = manifest_->gear;
    if (manifest_->warm_up) {
      config.warm_up.threshold = u32(std::clamp<u64>(*manifest_->warm_up, 1, INT32_MAX));
      config.warm_up.threshold_per_byte = 0;
    }
    // Beside programs it is compiled on harts that idle; where there are none, by who waits for it, in his own time.
    config.warm_up.threads = arch::hart_count() > 1 ? 1 : 0;
    config.warm_up.patience = 20;
    config.warm_up.memory = frame_counts().total / 8 * page_size;
    config.warm_up.ahead = std::min<u64>(config.warm_up.ahead, frame_counts().total / 256 * page_size);
    config.compilation = manifest_->eager ? Compilation::Eager : Compilation::Fitting;
    if (manifest_->fuel) config.fuel = Fuel::Counted;
    if (manifest_->lines) config.debug_information = DebugInformation::Lines;
    auto code = manifest_->code.empty() ? nullptr : std::make_shared<ArchiveCode>(*manifest_);
    config.cache = code;
    if (arch::address_limit() < room_for_guards) config.memory_bounds = MemoryBounds::Comparison;
    auto engine = Engine::create(config);
    if (!engine) return refuse(concat(manifest_->file, ": ", engine.error().message));
    end_stage("engine");

    Mounts mounts;  // what descriptors refer to, so it is there before the processes
    Processes all(*engine, clock);
    all.tells_stages = manifest_->stats;
    Launch launch;
    launch.name = manifest_->file;
    launch.program = manifest_->program;
    launch.max_memory = manifest_->max_memory;
    launch.fuel = manifest_->fuel;
    launch.unknown_imports = manifest_->unknown_imports;
    launch.allow_precompiled = manifest_->allow_precompiled;
    launch.context = all.new_context();
    if (auto filled = fill_context(*launch.context, files, mounts, all); !filled) return refuse(filled.error().message);

    all.on_who_sees_interrupts([this](bool sees) {
      if (!channel_.started()) return;
      u32 value = sees;
      channel_.send(ToHost::Interrupts, {reinterpret_cast<const u8*>(&value), sizeof value});
    });
    auto minder = Minder::create(all, manifest_->timeout_ns);
    if (!minder) return refuse(minder.error().message);
    __atomic_store_n(&is_loading, false, __ATOMIC_RELAXED);
    Ending ending = all.run_here(std::move(launch));
    minder->reset();
    stats_ += all.stages;
    if (code) stats_ += concat("precompiled ", code->taken(), "  ");
    if (manifest_->stats) note_tiers(engine->internal().tiers());
    switch (ending.how) {
      case Ending::How::Exited: return u8(ending.code);
      case Ending::How::Trapped: return exit_trap;
      case Ending::How::Killed: break;
    }
    return exit_interrupted;
  }

  Result<void> fill_context(wasi::Context& context, RamFiles& files, Mounts& mounts, Processes& all) {
    context.arguments = manifest_->arguments;
    context.environment = manifest_->environment;
    constexpr wasi::Rights rights[] = {wasi::Right::FdRead, wasi::Right::FdWrite, wasi::Right::FdWrite};
    for (u32 i = 0; i < 3; ++i) {
      auto file = channel_.started() ? standard_file(i, manifest_->streams[i], channel_) : terminal_file(terminal_);
      auto added = context.add_file(std::move(file), rights[i]);
      if (!added) return fail(ErrorCode::Environment, wasi::errno_text(added.error()));
    }
    if (manifest_->system) return add_system(context, files, mounts, all);
    for (const Manifest::Preopen& preopen : manifest_->preopens) {
      auto added = context.add_directory(TRY(open_folder(preopen, files)), preopen.guest, preopen.tree);
      if (!added) return fail(ErrorCode::Environment, wasi::errno_text(added.error()));
    }
    return {};
  }

  Result<std::shared_ptr<wasi::Directory>> open_folder(const Manifest::Preopen& folder, RamFiles& files) {
    if (folder.root) return files.open(folder.root);
    constexpr u64 first_device = 16;
    u64 number = u64(&folder - manifest_->preopens.data());
    auto server = servers_.take(concat("dir", number));
    if (!server) return fail(ErrorCode::Environment, concat(folder.guest, ": no device has this folder"));
    auto root = open_ninep(std::move(server), first_device + number);
    if (!root) return fail(ErrorCode::Environment, concat(folder.guest, ": ", wasi::errno_text(root.error())));
    return *std::move(root);
  }

  // One tree with everything in it.
  Result<void> add_system(wasi::Context& context, RamFiles& files, Mounts& mounts, Processes& all) {
    using enum wasi::Mutability;
    constexpr u64 device_of_devices = 2, device_of_processes = 3;  // files in memory are 1
    Result<void> mounted = {};
    auto mount = [&](std::string_view path, std::shared_ptr<wasi::Directory> root, wasi::Mutability tree,
                     std::string_view kind) {
      auto done = mounts.mount(path, std::move(root), tree, std::string(kind));
      if (!done && mounted) mounted = fail(ErrorCode::Argument, concat(path, ": ", wasi::errno_text(done.error())));
    };
    auto console = [this] { return channel_.started() ? console_file(channel_) : terminal_file(terminal_); };
    wasi::Timestamp now = files.now();
    mount("/", files.open(files.create_tree()), ReadWrite, "ram");
    mount("/dev", make_devices(device_of_devices, now, context.host.random, console), ReadWrite, "dev");
    mount("/proc", make_process_files(device_of_processes, now, all, mounts), ReadWrite, "proc");
    mount("/tmp", files.open(files.create_tree()), ReadWrite, "ram");

    // A folder above the place of another comes before it.
    std::vector<const Manifest::Preopen*> folders;
    for (const Manifest::Preopen& preopen : manifest_->preopens) folders.push_back(&preopen);
    auto depth = [](const Manifest::Preopen* folder) {
      usize names = 0;
      for (usize i = 0; i < folder->guest.size(); ++i) {
        bool begins = folder->guest[i] != '/' && (i == 0 || folder->guest[i - 1] == '/');
        bool stays = folder->guest[i] == '.' && (i + 1 == folder->guest.size() || folder->guest[i + 1] == '/');
        names += begins && !stays;
      }
      return names;
    };
    std::ranges::sort(folders, {}, [&](auto* folder) { return std::pair(depth(folder), folder); });
    for (const Manifest::Preopen* folder : folders) {
      mount(folder->guest, TRY(open_folder(*folder, files)), folder->tree, folder->root ? "ram" : "9p");
    }
    TRY(std::move(mounted));

    auto root = mounts.open();
    if (!root) return fail(ErrorCode::Environment, wasi::errno_text(root.error()));
    auto added = context.add_directory(*std::move(root), "/", ReadWrite);
    if (!added) return fail(ErrorCode::Environment, wasi::errno_text(added.error()));
    return {};
  }

  void give_back_files() {
    std::vector<ChangedTree> trees;
    for (usize i = 0; i < manifest_->preopens.size(); ++i) {
      const Manifest::Preopen& preopen = manifest_->preopens[i];
      if (!preopen.root || preopen.tree == wasi::Mutability::ReadOnly) continue;
      trees.push_back({concat("dirs/", i), preopen.root.get()});
    }
    u64 left_out = write_changes(trees, [&](std::span<const u8> bytes) { channel_.send(ToHost::Files, bytes); });
    if (left_out) report(concat(left_out, " files have too long a name or are too large to be given back"));
  }

  Channel& channel_;
  Terminal& terminal_;
  Virtio9pDevices& servers_;
  const Manifest* manifest_ = nullptr;
  std::string stats_;
  u64 stage_began_ = 0;
};

}  // namespace

// Before there is a process nobody can be ended: boot asks for little, and goes on with what is kept for who is ended.
void out_of_memory() {
  if (__atomic_load_n(&is_loading, __ATOMIC_RELAXED)) return;
  current_thread().is_out_of_memory = true;
  want(wanted_end_exhausted);
  end_slice();  // so that who ends it comes next
}

void out_of_time() { want(wanted_end_exhausted); }

u8 run_program(const BootInfo& info, Channel& channel, Terminal& terminal, Virtio9pDevices& servers) {
  return Program(channel, terminal, servers).run(info);
}

}  // namespace skerry::kernel
