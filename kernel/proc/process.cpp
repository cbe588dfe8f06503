#include "kernel/proc/process.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/string.h"
#include "engine/abi/bounds_plan.h"
#include "engine/runtime/store.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"
#include "kernel/proc/calls.h"
#include "platform/platform.h"
#include "wasi/define.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::HostResult;

namespace {

// What is imported and nobody provides: functions that return zeros, empty memories and tables, zeros.
Result<void> define_zeros(Linker& linker, const Store& store, const Module& module) {
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

HostResult<std::vector<u8>> read_whole(wasi::File& file) {
  u64 size = TRY(file.stat()).size;
  constexpr u64 most = 1 * GiB;  // a module's limit
  if (size > most) return fail(Errno::Fbig);
  // And once more as the module's own.
  if (platform::available_memory() / 2 < size) return fail(Errno::Nomem);
  std::vector<u8> bytes(size);
  for (u64 done = 0; done < size;) {
    u64 got = TRY(file.read_at(std::span(bytes).subspan(done), done));
    if (got == 0) return fail(Errno::Io);
    done += got;
  }
  return bytes;
}

constexpr u64 table_element_size = 24;

// Promised to a process from when it is started to when its instance is there: for what it takes of the heap until
// then.
constexpr u64 pages_to_begin = 16;

// As of a shell, for what did not come to run.
constexpr u32 exit_not_run = 1;

static_assert(BoundsPlan::guarded().reservation + BoundsPlan::guarded().guard == home_memory);

thread_local Process* current_process;

}  // namespace

// --------------------------------------------------------------------------------- One process

Quota::~Quota() {
  while (above && above.use_count() == 1) {
    auto next = std::move(above->above);
    above = std::move(next);
  }
}

bool Quota::has_room(const Quota* quota) {
  for (; quota; quota = quota->above.get()) {
    if (quota->count >= quota->most) return false;
  }
  return true;
}

// Under the lock, as its end.
Process::Process(Processes& all, u32 number, u32 parent, std::shared_ptr<Quota> counted_in, Launch&& launch)
    : number(number), parent(parent), all_(all), launch_(std::move(launch)), counted_in_(std::move(counted_in)),
      quota_(launch_.most_below ? std::make_shared<Quota>(*launch_.most_below, counted_in_) : counted_in_) {
  for (Quota* quota = counted_in_.get(); quota; quota = quota->above.get()) ++quota->count;
}

Process::~Process() {
  for (Quota* quota = counted_in_.get(); quota; quota = quota->above.get()) --quota->count;
}

Process& Process::current() {
  CHECK(current_process);
  return *current_process;
}

void Process::report(std::string_view message) {
  std::string line = concat("skerry: ", message, "\n");
  auto error = context().files.file(2, wasi::Right::FdWrite);
  if (!error) return;
  std::span<const u8> rest(reinterpret_cast<const u8*>(line.data()), line.size());
  while (!rest.empty()) {
    auto written = (*error)->write(rest);
    if (!written || *written == 0) return;
    rest = rest.subspan(*written);
  }
}

u64 Process::memory_limit() const { return launch_.max_memory.value_or(frame_counts().total * page_size); }

Ending Process::refuse(std::string_view message) {
  report(message);
  return {Ending::How::Exited, exit_not_run};
}

Ending Process::refuse(const Error& error) {
  std::string place = error.offset == Error::no_offset ? "" : concat("\n  at offset 0x", hex(error.offset));
  return refuse(concat(name(), ": ", error.message, place));
}

Ending Process::end_with(const Trap& trap) {
  if (trap.code() == TrapCode::Exit) return {Ending::How::Exited, trap.exit_status() & 0xff};
  if (lacks_ == Lack::Memory) {
    report(concat(name(), ": the machine has no memory for it"));
    return {Ending::How::Trapped, u32(TrapCode::OutOfMemory)};
  }
  if (lacks_ == Lack::Time) {
    report(concat(name(), ": it has had its processor time"));
    return {Ending::How::Trapped, u32(TrapCode::Interrupted)};
  }
  if (interruption_.raised() && !timed_out_) return {Ending::How::Killed, 0};
  report(concat(name(), ": ", trap.text()));
  return {Ending::How::Trapped, u32(trap.code())};
}

Result<Module> Process::load() {
  const Engine& engine = all_.engine();
  std::vector<u8> read;
  std::span<const u8> bytes = launch_.program;
  if (launch_.program_file) {
    auto whole = read_whole(*launch_.program_file);
    if (!whole) return fail(ErrorCode::Environment, wasi::errno_text(whole.error()));
    read = *std::move(whole);
    bytes = read;
  }
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(std::string_view("\0asm", 4))) return Module::from_binary(engine, bytes);
  constexpr u64 memory_per_byte_of_text = 64;
  if (platform::available_memory() / memory_per_byte_of_text < text.size() && !text.starts_with("\x7f" "ELF")) {
    return fail(ErrorCode::Limit, "there is not enough memory to read the text");
  }
  if (!text.starts_with("\x7f" "ELF")) return Module::from_text(engine, text);
  if (launch_.allow_precompiled) return Module::from_artifact_trusted(engine, bytes);
  return fail(ErrorCode::Argument,
              "this is compiled code, which can do anything: --allow-precompiled, if you trust it");
}

Ending Process::run() {
  // Of thousands that are killed before their turn came, each would else become a process first.
  if (interruption_.raised()) return end_with(Trap(TrapCode::Interrupted));
  const auto found = all_.program_of(*this);
  if (!found) return refuse(found.error());
  const Processes::Program& program = **found;
  launch_.program_file.reset();
  all_.end_stage(*this, "compile");

  StoreLimits limits;
  limits.memory_bytes = memory_limit();
  limits.table_elements = std::min(limits.table_elements, limits.memory_bytes / table_element_size);
  auto store = Store::create(all_.engine(), limits);
  if (!store) return refuse(store.error());
  if (launch_.fuel) store->set_fuel(*launch_.fuel);
  // Who looks at processes must not find a store that is being taken down.
  struct Forget {
    Process& process;
    ~Forget() {
      platform::MutexGuard guard(process.all_.lock_);
      process.store_ = nullptr;
    }
  } forget{*this};
  {
    platform::MutexGuard guard(all_.lock_);
    handle_ = store->interrupt_handle();
    store_ = &*store;
    if (interruption_.raised()) handle_->interrupt();
  }

  store->set_data(ProcessOfStore{&context(), this});

  auto instance = program.linked ? program.linked->instantiate(*store) : instantiate_unknown(*store, program.module);
  has_begun();
  all_.end_stage(*this, "instantiate");
  if (!instance) {
    if (const Trap* trap = instance.error().trap()) return end_with(*trap);
    return refuse(concat(name(), ": ", instance.error().message()));
  }
  Ending ending = run_instance(*instance);
  all_.end_stage(*this, "run");
  return ending;
}

// What is unknown to all but this process is defined in a linker of its own.
Result<Instance, InstantiationError> Process::instantiate_unknown(const Store& store, const Module& module) {
  Linker own(all_.engine());
  if (launch_.unknown_imports == "default") {
    if (auto defined = define_zeros(own, store, module); !defined) return fail(InstantiationError(defined.error()));
  }
  all_.define_calls(own);
  if (launch_.unknown_imports == "trap") own.trap_unknown_functions();
  return own.instantiate(store, module);
}

// A command runs from _start, or from the function under the empty name; a reactor is initialised.
Ending Process::run_instance(const Instance& instance) {
  for (std::string_view entry : {"_start", "", "_initialize"}) {
    auto found = instance.find(entry);
    const Func* function = found ? std::get_if<Func>(&*found) : nullptr;
    if (!function) continue;
    auto outcome = function->call({});
    return outcome ? Ending{} : end_with(outcome.error());
  }
  return {};
}

void Process::has_begun() {
  if (std::exchange(has_pages_to_begin_, false)) uncharge_frames(pages_to_begin);
}

void Process::kill() {
  interruption_.raise();
  if (handle_) handle_->interrupt();
}

// ------------------------------------------------------------------------------- All processes

Processes::Processes(Engine engine, std::shared_ptr<wasi::Clock> clock)
    : engine_(std::move(engine)),
      reclaimer_([](void* engine) { static_cast<runtime::Engine*>(engine)->drop_pools(); }, &engine_.internal()),
      host_(kernel_wasi_host(std::move(clock))), linker_(engine_) {
  define_calls(linker_);
}

void Processes::define_calls(Linker& linker) {
  wasi::define_wasi_of<ProcessOfStore>(linker);
  define_process_calls(linker, *this);
}

Processes::~Processes() { CHECK(running_ == 0); }

std::shared_ptr<wasi::Context> Processes::new_context(wasi::Limits limits) const {
  return std::make_shared<wasi::Context>(host_, limits);
}

Process* Processes::find(u32 number) const {
  auto found = processes_.find(number);
  return found == processes_.end() ? nullptr : found->second.get();
}

// Under the lock.
Process& Processes::add(Process* parent, Launch&& launch) {
  u32 number = ++last_number_;
  auto process = std::unique_ptr<Process>(new Process(*this, number, parent ? parent->number : 0,
                                                      parent ? parent->quota_ : nullptr, std::move(launch)));
  Process& added = *processes_.emplace_hint(processes_.end(), number, std::move(process))->second;
  if (parent) parent->children_.insert(parent->children_.end(), number);
  ++running_;
  return added;
}

void Processes::begin(Process& process) {
  process.interruption_.make_current();
  current_process = &process;
  if (process.launch_.processor_ns) limit_processor_time(*process.launch_.processor_ns);
  Ending ending = process.run();
  process.has_begun();
  finish(process, ending);
}

// On the process's own thread, which touches nothing of it from here on.
void Processes::finish(Process& process, Ending ending) {
  std::shared_ptr<wasi::Context> context;
  {
    platform::MutexGuard guard(lock_);
    context = std::move(process.launch_.context);
  }
  context.reset();  // closes its descriptors, which may wait
  {
    platform::MutexGuard guard(lock_);
    process.handle_.reset();
    for (u32 child : process.children_) kill_all(*find(child));
    Process* parent = find(process.parent);
    if (foreground_ == &process) set_foreground(parent);
    process.ending_ = ending;
    process.ended_ = true;
    __atomic_store_n(&running_, running_ - 1, __ATOMIC_RELEASE);
    wake_threads(&running_);
    if (parent) {
      parent->ended_children_.insert(process.number);
      __atomic_store_n(&parent->endings_, parent->endings_ + 1, __ATOMIC_RELEASE);
      wake_threads(&parent->endings_);
    } else if (process.thread_) {
      orphans_.push_back(process.number);
    }
  }
  tell_who_sees();
}

HostResult<u32> Processes::start(u32 parent, Launch launch) {
  if (!is_left(pages_to_begin, For::Guest)) {
    forget_modules();
    reclaim_memory(pages_to_begin);
  }
  platform::MutexGuard guard(lock_);
  remove_orphans();
  Process* above = find(parent);
  if (above && above->interruption_.raised()) return fail(Errno::Canceled);
  if (processes_.size() >= most || last_number_ == ~u32{0}) return fail(Errno::Again);
  if (above && !Quota::has_room(above->quota_.get())) return fail(Errno::Again);
  // Or else so many would begin that not one of them could come to run.
  if (!charge_frames(pages_to_begin, For::Guest)) return fail(Errno::Nomem);
  Process& process = add(above, std::move(launch));
  auto body = [](void* self) {
    Process& process = *static_cast<Process*>(self);
    process.all_.begin(process);
  };
  process.has_pages_to_begin_ = true;
  auto thread = spawn_thread(body, &process);
  if (!thread) {
    process.has_begun();
    --running_;
    if (above) above->children_.erase(process.number);
    processes_.erase(process.number);
    return fail(Errno::Nomem);
  }
  process.thread_ = *thread;
  return process.number;
}

// One that has ended. Of its children, nobody is left who would ask for them.
void Processes::remove(Process& process) {
  if (process.thread_) join_thread(process.thread_);
  for (u32 child : process.ended_children_) orphans_.push_back(child);
  if (Process* parent = find(process.parent)) {
    parent->children_.erase(process.number);
    parent->ended_children_.erase(process.number);
  }
  processes_.erase(process.number);
}

void Processes::remove_orphans() {
  while (!orphans_.empty()) {
    Process& orphan = *find(orphans_.back());
    orphans_.pop_back();
    remove(orphan);
  }
}

Ending Processes::run_here(Launch launch) {
  stage_began_ = arch::monotonic_ns();
  Process* process;
  {
    platform::MutexGuard guard(lock_);
    process = &add(nullptr, std::move(launch));
    first_ = process;
    set_foreground(process);
    if (interrupt_came_early_) process->kill();
  }
  begin(*process);
  {
    platform::MutexGuard guard(lock_);
    first_ = nullptr;
    set_foreground(nullptr);
  }
  tell_who_sees();
  // What it started was killed with it.
  while (u32 left = __atomic_load_n(&running_, __ATOMIC_ACQUIRE)) wait_for_word(&running_, left, never);
  platform::MutexGuard guard(lock_);
  Ending ending = process->ending_;
  remove(*process);
  remove_orphans();
  return ending;
}

HostResult<Processes::Ended> Processes::wait(Process& parent, u32 child, Patience patience) {
  bool lends_terminal = false;
  for (;;) {
    u32 endings;
    std::optional<HostResult<Ended>> result;
    {
      platform::MutexGuard guard(lock_);
      if (std::exchange(lends_terminal, false)) set_foreground(&parent);
      endings = parent.endings_;
      result = look(parent, child, patience);
      if (!result && foreground_ == &parent) {
        lends_terminal = true;
        set_foreground(find(child ? child : *parent.children_.begin()));
      }
    }
    tell_who_sees();
    if (result) return *std::move(result);
    wait_for_word(&parent.endings_, endings, never);
  }
}

// What a wait comes to by now; none: it goes on.
std::optional<HostResult<Processes::Ended>> Processes::look(Process& parent, u32 child, Patience patience) {
  remove_orphans();
  if (child == 0 ? parent.children_.empty() : !parent.children_.contains(child)) return fail(Errno::Child);
  bool has_ended = child == 0 ? !parent.ended_children_.empty() : parent.ended_children_.contains(child);
  if (has_ended) {
    Process& process = *find(child ? child : *parent.ended_children_.begin());
    Ended ended = {process.number, process.ending_};
    remove(process);
    remove_orphans();
    return ended;
  }
  if (parent.interruption_.take_told()) return fail(Errno::Intr);
  if (patience == Patience::Look) return Ended{0, {}};
  if (parent.interruption_.raised()) return fail(Errno::Canceled);
  return std::nullopt;
}

void Processes::set_foreground(Process* process) {
  foreground_ = process;
  while (process && !process->sees_interrupts_) process = find(process->parent);
  interrupted_ = process ? process : first_;
  somebody_sees_ = process != nullptr;
}

// After set_foreground, without the lock. Who comes last tells what is so by then.
void Processes::tell_who_sees() {
  if (somebody_sees_ == told_) return;
  platform::MutexGuard guard(telling_);
  if (bool sees = somebody_sees_; sees != told_) tell_who_sees_(told_ = sees);
}

void Processes::see_interrupts(Process& process, bool sees) {
  {
    platform::MutexGuard guard(lock_);
    process.sees_interrupts_ = sees;
    set_foreground(foreground_);
  }
  tell_who_sees();
}

void Processes::interrupt() {
  platform::MutexGuard guard(lock_);
  if (!interrupted_) interrupt_came_early_ = true;
  else if (interrupted_->sees_interrupts_) interrupted_->interruption_.tell();
  else kill_all(*interrupted_);  // at once: behind a thousand others that start more, it would take long to come to that
}

void Processes::time_out() {
  platform::MutexGuard guard(lock_);
  if (!first_) return;
  first_->timed_out_ = true;
  first_->kill();
}

void Processes::end_exhausted() {
  platform::MutexGuard guard(lock_);
  for (const auto& [number, process] : processes_) {
    Thread* thread = process->ended_ ? nullptr : process->interruption_.thread();
    if (!thread) continue;
    if (thread->is_out_of_time.exchange(false)) process->run_out_of(Process::Lack::Time);
    if (thread->is_out_of_memory.exchange(false)) process->run_out_of(Process::Lack::Memory);
  }
}

// All that descend from it at once, and none of them starts another: who has more children all the time is not outrun
// from above.
void Processes::kill_all(Process& ancestor) {
  std::vector<Process*> left = {&ancestor};
  while (!left.empty()) {
    Process* process = left.back();
    left.pop_back();
    if (process->ended_) continue;  // and so are its own asked to end
    process->kill();
    for (u32 child : process->children_) left.push_back(find(child));
  }
}

HostResult<void> Processes::kill(const Process& by, u32 number) {
  platform::MutexGuard guard(lock_);
  Process* target = find(number);
  for (Process* at = target; at; at = find(at->parent)) {
    if (at != &by) continue;
    kill_all(*target);
    return {};
  }
  return fail(Errno::Srch);
}

Processes::Info Processes::info_of(const Process& process) {
  const Thread* thread = process.interruption_.thread();
  u64 memory = process.store_ ? process.store_->internal().memory_bytes() : 0;
  u32 descriptors = process.launch_.context ? process.context().files.count() : 0;
  std::string_view name = process.name();
  name.remove_prefix(name.rfind('/') + 1);  // the first one's is a path of the host, which is nobody's business
  return {process.number, process.parent, thread ? processor_time(*thread) : 0, memory,
          descriptors, std::string(name)};
}

std::vector<Processes::Info> Processes::list() const {
  platform::MutexGuard guard(lock_);
  std::vector<Info> list;
  for (const auto& [number, process] : processes_) {
    if (!process->ended_) list.push_back(info_of(*process));
  }
  return list;
}

std::vector<u32> Processes::numbers(u32 from, u32 most) const {
  platform::MutexGuard guard(lock_);
  std::vector<u32> numbers;
  for (auto at = processes_.lower_bound(from); at != processes_.end() && numbers.size() < most; ++at) {
    if (!at->second->ended_) numbers.push_back(at->first);
  }
  return numbers;
}

std::optional<Processes::Info> Processes::info(u32 number) const {
  platform::MutexGuard guard(lock_);
  const Process* process = find(number);
  if (!process || process->ended_) return std::nullopt;
  return info_of(*process);
}

std::string Processes::command_line(u32 number) const {
  platform::MutexGuard guard(lock_);
  std::string text;
  const Process* process = find(number);
  if (!process || !process->launch_.context) return text;
  for (const std::string& argument : process->context().arguments) text.append(argument).push_back('\0');
  return text;
}

Result<std::shared_ptr<const Processes::Program>> Processes::program_of(Process& process) {
  const auto& key = process.launch_.module_key;
  auto load = [&]() -> Result<std::shared_ptr<const Program>> {
    Module module = TRY(process.load());
    std::optional<InstancePre> linked;
    if (process.launch_.unknown_imports.empty()) linked = TRY(linker_.instantiate_pre(module));
    return std::make_shared<const Program>(std::move(module), std::move(linked));
  };
  if (!key || !process.launch_.unknown_imports.empty()) return load();
  {
    platform::MutexGuard guard(lock_);
    auto known = std::ranges::find(known_programs_, *key, &KnownProgram::key);
    if (known != known_programs_.end()) {
      std::rotate(known_programs_.begin(), known, known + 1);
      return known_programs_.front().program;
    }
  }
  std::shared_ptr<const Program> program = TRY(load());
  // One that is forgotten, or that another process loaded meanwhile, goes without the lock.
  std::optional<KnownProgram> forgotten;
  platform::MutexGuard guard(lock_);
  if (std::ranges::find(known_programs_, *key, &KnownProgram::key) != known_programs_.end()) return program;
  if (known_programs_.size() == most_known) {
    forgotten = std::move(known_programs_.back());
    known_programs_.pop_back();
  }
  known_programs_.insert(known_programs_.begin(), {*key, program});
  return program;
}

// Those that no process has go. To forget others would free nothing, and each further process of theirs would load a copy
// of its own, when memory is short already.
void Processes::forget_modules() {
  std::vector<KnownProgram> forgotten;  // which go without the lock
  platform::MutexGuard guard(lock_);
  auto kept = known_programs_.begin();
  for (KnownProgram& known : known_programs_) {
    if (known.program.use_count() == 1) forgotten.push_back(std::move(known));
    else if (&known != &*kept++) kept[-1] = std::move(known);
  }
  known_programs_.erase(kept, known_programs_.end());
}

void Processes::end_stage(const Process& process, std::string_view name) {
  if (!tells_stages) return;
  if (process.parent != 0) return;
  u64 now = arch::monotonic_ns();
  stages += concat(name, " ", (now - stage_began_) / 1000, " us  ");
  stage_began_ = now;
}

}  // namespace skerry::kernel
