// runtime::Store: all entities of a program, and the runs of its guests (skerry/store.h).
//
// Entities are owned here and never move: handles of the API, records of compiled code and
// other entities hold their addresses. Functions are by handle (func_records.h).
//
// The StoreLink is what handles hold: it outlives the store, and then says that it is gone.

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/abi/instance.h"
#include "engine/runtime/backtrace.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/entities.h"
#include "skerry/func.h"
#include "skerry/instance.h"

namespace skerry::runtime {

class CompiledModule;
class Instance;

struct StoreLink {
  Store* store = nullptr;  // null once it is gone; used by the store's thread alone

  // For those who interrupt, who may be any thread. `interruptible` is guarded by the mutex and is the
  // store, while there is one; the words are atomic. The mutex also guards the store's listeners.
  platform::Mutex mutex;
  Store* interruptible = nullptr;
  std::atomic<platform::Thread*> running = nullptr;  // who runs guests of the store
};

// From the host into guests of a store and back. Runs nest: a guest calls a host function, which enters the
// same store or another. They are on the stack of their thread and chained there, innermost first.
struct Run {
  Store& store;
  const Run* outer;

  // Whether an interruption is to end it: of its store, or of one that waits further out for it to end.
  bool is_to_stop() const;
};

class Store {
 public:
  static Result<std::unique_ptr<Store>> create(std::shared_ptr<Engine> engine, const StoreLimits& limits);
  ~Store();
  Store(const Store&) = delete;

  Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const std::shared_ptr<StoreLink>& link() const { return link_; }
  StoreState& state() { return state_; }
  static Store& of(StoreState& state) { return *static_cast<WithState&>(state).store; }

  // For functions of the host that are to be quick: what an environment of theirs stood for in this store when it was
  // asked last. Forgotten when the store's data change.
  struct Known {
    const void* environment;
    void* value;
  };
  static Known& known(StoreState& state) { return static_cast<WithState&>(state).known; }
  const detail::AnyData& data() const { return data_; }
  void set_data(detail::AnyData data) {
    state_.known = {};
    data_ = std::move(data);
  }

  // --- Functions

  FuncRecords& records() { return records_; }
  // A record of a handle that is not 0, for who calls or imports the function. It never moves.
  FuncRecord& function(u32 handle);
  // Of those records of a function that are written.
  void set_code(u32 handle, const void* code);
  // Whether a handle is a function's: for handles from outside.
  bool is_function(u32 handle) const { return handle != 0 && handle < records_.end(); }
  Result<u32> add_host_function(const detail::HostFunction& function);
  TableEntry entry_of(ValueType type, u32 handle);
  // What functions of the host belong to.
  InstanceHeader& host_instance() { return host_instance_; }

  // --- Other entities. What a limit forbids is an Error.

  Result<Memory*> add_memory(const MemoryType& type, const std::shared_ptr<const MemoryImage>& image);
  // All null.
  Result<Table*> add_table(const TableType& type, InstanceHeader* owner = nullptr);
  Global* add_global(const GlobalType& type, GlobalCell* cell, u64 bits);
  // Room for so many more bytes and elements under the limits, which is taken.
  bool take_memory(u64 bytes);
  void give_memory(u64 bytes) { memory_bytes_ -= bytes; }
  u64 memory_bytes() const { return memory_bytes_; }  // that all memories have now
  bool take_elements(u64 count);
  void give_elements(u64 count) { elements_ -= count; }
  std::span<const std::unique_ptr<Memory>> memories() const { return memories_; }

  Result<u32> add_extern(detail::AnyData data);
  const detail::AnyData* extern_data(u32 handle) const;

  // --- Instances

  Result<Instance*> add_instance(std::unique_ptr<Instance> instance);
  std::span<const std::unique_ptr<Instance>> instances() const { return instances_; }
  // What was made since the mark, of which nobody knows, can be forgotten again.
  struct Mark {
    usize instances, memories, tables, globals;
    u32 handles;
  };
  Mark mark() const;
  void forget_since(const Mark& mark);
  // Gives an instance the handles of its functions.
  Result<u32> allocate_handles(Instance& instance, u32 count);

  // --- Runs

  // From the host into a function. False: take_trap() says why.
  bool enter(FuncRecord* record, const void* enter_code, u64* values);
  Trap take_trap();
  // Ends the innermost run on its way back to the guest. By those whom the guest called.
  void raise(TrapCode code);
  void raise(Trap trap);
  // By any thread, under the link's mutex.
  void interrupt();
  void listen(std::shared_ptr<InterruptListener> listener);
  bool is_interrupted() const { return __atomic_load_n(&state_.interrupt, __ATOMIC_RELAXED) != 0; }

  // The run that the current thread began last and has not ended. For fault handlers too.
  static const Run* innermost_run() { return innermost_run_; }
  Backtrace& backtrace() { return backtrace_; }
  // For the values of a frame that is handed over to another body (docs/tiers.md); null: there is no memory for them.
  LoopCell* loop_cells();
  // What an interruption does when the guest cannot be unwound at once (docs/abi.md). For fault handlers too.
  void stop_at_next_chance();

 private:
  Store(std::shared_ptr<Engine> engine, const StoreLimits& limits, Space space);
  u64 stack_limit_from(u64 here) const;
  void note_trap(const Run& run, u32 status);
  void end_interruption();
  void resume_outer(const Run& ended);
  // Of an instance's function; null for a function of the host.
  Instance* instance_of(u32 handle) const;
  void release(Memory& memory);
  void release(Table& table);

  const std::shared_ptr<Engine> engine_;
  const StoreLimits limits_;
  detail::AnyData data_;
  // What compiled code sees, with the way back.
  struct WithState : StoreState {
    Store* store;
    Known known;
  };
  WithState state_ = {};
  u64 stack_limit_ = 0;   // what state_.stack_limit is but for interruptions
  u64 lowest_stack_ = 0;  // of the thread that runs
  static constinit thread_local const Run* innermost_run_;
  const std::shared_ptr<StoreLink> link_;
  FuncRecords records_;  // of what tables hold, and of functions of the host
  // Those of instances that somebody asked for: apart from the array, whose pages most processes do without.
  std::unordered_map<u32, FuncRecord> asked_for_;
  InstanceHeader host_instance_ = {};  // that host functions belong to

  std::vector<std::unique_ptr<Instance>> instances_;
  struct Handles {
    u32 first, count;
    Instance* instance;
  };
  Array<Handles> instances_by_handle_;  // ascending
  std::vector<std::unique_ptr<Memory>> memories_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<Global>> globals_;
  struct HostFunctionData {
    u32 signature;
    std::shared_ptr<void> environment;
  };
  std::vector<HostFunctionData> host_functions_;
  std::vector<detail::AnyData> externs_;  // by handle - 1
  u64 memory_bytes_ = 0;
  u64 elements_ = 0;

  // Changed by the store's thread, under the link's mutex; read by that thread, or under the mutex.
  std::vector<std::shared_ptr<InterruptListener>> listeners_;

  std::unique_ptr<LoopCell[]> loop_cells_;
  Backtrace backtrace_;
  std::optional<Trap> trap_;
};

}  // namespace skerry::runtime
