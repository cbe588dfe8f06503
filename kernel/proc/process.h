// Processes: each is a store with a program's instance, what WASI gives it, and a thread.
//
//   Launch                       what a program is started with
//     | Processes::start         a number, a thread; the parent goes on
//   Process   loads the module (shared with others of the same file), instantiates, runs
//     | ended                    store and instance are gone, descriptors are closed, the parent is woken
//   Ending    kept until the parent asks for it, or is gone itself
//
// A process sees nothing but its descriptors and its children. Its numbers are never used again.
//
// One lock is over all that processes know of each other; nobody waits under it, but for a thread that has ended. What
// only its own thread touches is without. Interrupt handlers ask a thread (kernel/program.cpp) for what they want done.

#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kernel/sched/reclaim.h"
#include "kernel/sched/thread.h"
#include "kernel/wasi_host.h"
#include "skerry/skerry.h"
#include "wasi/context.h"

namespace skerry::kernel {

struct Ending {
  enum class How : u32 { Exited = 0, Trapped = 1, Killed = 2 };
  How how = How::Exited;
  u32 code = 0;  // Exited: the status, modulo 256; Trapped: the TrapCode
};

// What tells a file and its content from others: device, inode, size, times of modification and of change.
using ModuleKey = std::array<u64, 5>;

// How many processes may be below one, children and theirs, counted until somebody has asked for their end. Within
// another, which one further above has; those count there as well. All of it is under the lock of the processes.
struct Quota {
  u32 most;
  std::shared_ptr<Quota> above;
  u32 count = 0;

  Quota(u32 most, std::shared_ptr<Quota> above) : most(most), above(std::move(above)) {}
  Quota(const Quota&) = delete;
  // Without recursion, since guests choose how many are within one another.
  ~Quota();
  static bool has_room(const Quota* quota);
};

struct Launch {
  std::string name;
  // A .wasm, .wat or, if it may be, an artifact: bytes that somebody keeps, or a file, which is read if need be.
  std::span<const u8> program;
  std::shared_ptr<wasi::File> program_file;
  // The same for starts of the same program, whose module is then shared; none: it is not shared.
  std::optional<ModuleKey> module_key;
  std::shared_ptr<wasi::Context> context;
  std::optional<u64> max_memory, fuel, processor_ns;
  std::optional<u32> most_below;  // how many processes may be below it; none: as many as its parent may have
  std::string unknown_imports;
  bool allow_precompiled = false;
};

class Processes;

class Process {
 public:
  const u32 number;
  const u32 parent;  // 0: the kernel
  const std::string& name() const { return launch_.name; }
  // Whose thread calls; there must be one.
  static Process& current();
  wasi::Context& context() const { return *launch_.context; }
  // The most that its memories may have together.
  u64 memory_limit() const;
  // Nanoseconds; none: it has no limit.
  std::optional<u64> processor_limit() const { return launch_.processor_ns; }
  ~Process();

 private:
  friend class Processes;
  Process(Processes& all, u32 number, u32 parent, std::shared_ptr<Quota> counted_in, Launch&& launch);

  // Ends it: in compiled code at once, in a wait of the host, or on the way back from it. Under the lock.
  void kill();
  Ending run();
  // With imports that only this process has (Launch::unknown_imports).
  Result<Instance, InstantiationError> instantiate_unknown(const Store& store, const Module& module);
  Ending run_instance(const Instance& instance);
  Result<Module> load();
  Ending refuse(std::string_view message);
  Ending refuse(const Error& error);
  Ending end_with(const Trap& trap);
  // It has all that it begins with, or has ended before.
  void has_begun();
  // There is no memory for what it does, or it has had its processor time.
  enum class Lack : u8 { Nothing, Memory, Time };
  void run_out_of(Lack what) {
    lacks_ = what;
    kill();
  }
  // On its standard error, as far as it has one.
  void report(std::string_view message);

  Processes& all_;
  Launch launch_;
  KernelInterruption interruption_;
  std::atomic<bool> timed_out_ = false;

  // Under the lock.
  std::optional<InterruptHandle> handle_;  // while its store exists
  const Store* store_ = nullptr;           // likewise
  Thread* thread_ = nullptr;               // null: the thread of who called run_here
  bool sees_interrupts_ = false;
  Lack lacks_ = Lack::Nothing;
  bool has_pages_to_begin_ = false;
  bool ended_ = false;
  Ending ending_;

  std::shared_ptr<Quota> counted_in_;  // the nearest above that counts it; null: nobody limits those above
  std::shared_ptr<Quota> quota_;       // of those below it
  std::set<u32> children_;        // that it may ask for
  std::set<u32> ended_children_;  // of these
  u32 endings_ = 0;               // how many of its children have ended, for who waits
};

class Processes {
 public:
  Processes(Engine engine, std::shared_ptr<wasi::Clock> clock);
  Processes(const Processes&) = delete;
  // All of them must have ended.
  ~Processes();

  // What a new process's context is made of.
  std::shared_ptr<wasi::Context> new_context(wasi::Limits limits = {}) const;

  static constexpr u32 most = 16'000;  // for which there are addresses
  // Begins a process with a thread of its own. Again where there are too many, or more than one above may have; Nomem;
  // Canceled where the parent is to end.
  wasi::HostResult<u32> start(u32 parent, Launch launch);
  // The first process, on the caller's thread, to its end; then ends all others.
  Ending run_here(Launch launch);

  struct Ended {
    u32 number;  // 0: none has ended yet
    Ending ending;
  };
  enum class Patience : u8 { Wait, Look };
  // Of a child, or with 0 of any child; it is gone then. Child where there is none; Canceled.
  wasi::HostResult<Ended> wait(Process& parent, u32 child, Patience patience);
  // Srch unless it is a descendant of `by`, or `by` itself.
  wasi::HostResult<void> kill(const Process& by, u32 number);

  struct Info {
    u32 number, parent;
    u64 processor_ns;
    u64 memory_bytes;  // of all its memories
    u32 descriptors;
    std::string name;
  };
  // Those that have not ended, by number.
  std::vector<Info> list() const;
  // At most so many of their numbers, from one on.
  std::vector<u32> numbers(u32 from, u32 most) const;
  // Of one that has not ended; none: it has, or never was.
  std::optional<Info> info(u32 number) const;
  // Its arguments, with a NUL behind each; empty where it has ended.
  std::string command_line(u32 number) const;

  // Ctrl-C, for whom it is meant: the first process waits for another, and so on; the last of these that sees to
  // interrupts, or else the first.
  void interrupt();
  // Kills the first process, as a trap of its own that it tells of.
  void time_out();
  // Kills those whose threads have more memory than there is, or have had their time (Thread::is_out_of_memory,
  // is_out_of_time).
  void end_exhausted();
  void see_interrupts(Process& process, bool sees);
  // Is called when the one that Ctrl-C is meant for has become one that sees to it, and that goes on, or no longer is.
  void on_who_sees_interrupts(std::function<void(bool)> callback) { tell_who_sees_ = std::move(callback); }

  const Engine& engine() const { return engine_; }
  // How long the stages of the first process took, if it is to be told.
  bool tells_stages = false;
  std::string stages;

 private:
  friend class Process;
  void define_calls(Linker& linker);
  Process& add(Process* parent, Launch&& launch);
  void begin(Process& process);
  void finish(Process& process, Ending ending);
  // With the imports found in linker_; or, for a process with imports of its own, only the module.
  struct Program {
    Module module;
    std::optional<InstancePre> linked;
  };
  Result<std::shared_ptr<const Program>> program_of(Process& process);
  void end_stage(const Process& process, std::string_view name);
  void tell_who_sees();
  // Under the lock.
  std::optional<wasi::HostResult<Ended>> look(Process& parent, u32 child, Patience patience);
  void remove(Process& process);
  void kill_all(Process& ancestor);
  void remove_orphans();
  void set_foreground(Process* process);
  Process* find(u32 number) const;
  static Info info_of(const Process& process);

  Engine engine_;
  const Reclaimer reclaimer_;
  const wasi::Host host_;  // of all contexts
  Linker linker_;  // of all processes

  mutable platform::Mutex lock_;  // guards what follows
  std::map<u32, std::unique_ptr<Process>> processes_;
  std::vector<u32> orphans_;  // that have ended, and whose parent is gone
  u32 last_number_ = 0;
  u32 running_ = 0;  // how many have not ended; changes wake who waits for all
  Process* first_ = nullptr;
  Process* foreground_ = nullptr;   // the last of those who wait for each other
  Process* interrupted_ = nullptr;  // who is meant by Ctrl-C; null before and after all
  bool interrupt_came_early_ = false;
  std::atomic<bool> somebody_sees_ = false;

  // Programs that were used last, the latest first; more stay while processes have them, but are not found again.
  struct KnownProgram {
    ModuleKey key;
    std::shared_ptr<const Program> program;  // of all processes that have it
  };
  static constexpr usize most_known = 32;
  void forget_modules();
  std::vector<KnownProgram> known_programs_;

  // Under it the callback is called, which may wait: by who has not the other lock.
  platform::Mutex telling_;
  std::atomic<bool> told_ = false;  // what it was last told
  std::function<void(bool)> tell_who_sees_ = [](bool) {};

  u64 stage_began_ = 0;  // the first process's
};

}  // namespace skerry::kernel
