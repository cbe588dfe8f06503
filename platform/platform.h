// The seam between the engine and what it runs on: all that it asks of an operating system.
//
// platform/linux and platform/bare implement it; nothing else in the engine knows which.
// Functions may be called from any thread unless they say otherwise. Sizes are in bytes and
// multiples of page_size(), addresses likewise, where a range of pages is meant. What the
// machine may refuse is a Result with ErrorCode::Environment; a breach of a precondition is
// a CHECK. docs/porting.md has a paragraph on each.

#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace skerry::platform {

// --- Address space ---------------------------------------------------------------------

usize page_size();

enum class Access : u8 { None, Read, ReadWrite, ReadExecute };

// Address space that faults when touched; backed by nothing.
Result<u8*> reserve(usize size);
void release(u8* address, usize size);
// Makes pages of a reservation usable; they read as zeros on their first commit.
Result<void> commit(u8* address, usize size, Access access);
// Changes the access of committed pages. Never both writable and executable.
Result<void> protect(u8* address, usize size, Access access);
// Gives the pages' memory back; afterwards they fault, and a new commit reads as zeros.
Result<void> decommit(u8* address, usize size);
// Committed, readable and writable pages become zeros, without faulting afterwards.
Result<void> zero(u8* address, usize size);

// A memory's initial content, shared by all who map it.
class Image;
Result<Image*> create_image(std::span<const u8> content);  // size rounded up with zeros
void destroy_image(Image* image);
// Maps the image copy-on-write over pages of a reservation, readable and writable.
Result<void> map_image(const Image* image, u8* address);
// Gives the pages that an image was mapped over its content again. They were not decommitted.
Result<void> restore_image(const Image* image, u8* address);

// --- Code ------------------------------------------------------------------------------

// As commit, readable and writable, for code of a guest that runs already: where memory is short it comes before what
// guests ask for.
Result<void> commit_for_code(u8* address, usize size);
// Makes committed, written pages executable and read-only, and the instruction caches of
// every hart agree with them.
Result<void> publish_code(u8* address, usize size);

// Pages of a reservation for code that comes piece by piece, while what came before runs. At their addresses they can
// be read and executed from the beginning, and nothing more; what is written goes by another name of the same memory,
// which only write_code uses and which ends with close_code_pages. Not to be used by two threads at once.
class CodePages;
// As commit_for_code. Null: the system gives no memory two names, and commit_for_code and publish_code are to serve.
Result<CodePages*> open_code_pages(u8* address, usize size);
// What is worth being opened at once, at least.
usize least_code_pages();
// False in a process that was forked from the one that opened them: the memory is that one's.
bool can_write(const CodePages* pages);
// Where nobody has read or run anything before, and who is to run it gets the address afterwards; the instruction
// caches of every hart agree with it.
void write_code(CodePages* pages, u8* address, std::span<const u8> code);
// They stay readable and executable, and are written no more.
void close_code_pages(CodePages* pages);

// What happened at `pc`, for the engine to look up and to redirect.
enum class FaultKind : u8 { Memory, Arithmetic, IllegalInstruction, Interrupt };
struct FaultContext {
  FaultKind kind;
  u64 pc;
  u64 frame_pointer;
  u64 stack_pointer;
  u64 instance;  // the content of the pinned instance register (docs/abi.md)
  u64 address;   // of the access, for Memory; else 0
  u64 link;      // the register in which a call leaves where it goes on; 0 where that is on top of the stack
};
// Where to continue: at `pc` with these registers; all others are unspecified there.
struct Resume {
  u64 pc;
  u64 frame_pointer;
  u64 stack_pointer;
  u64 first_argument;
  u64 second_argument;
};
// Called on the faulting thread, where nothing may be allocated or locked. Answers whether
// the fault was the engine's; if not, the platform passes it on to whoever was there before.
using FaultHandler = bool (*)(const FaultContext&, Resume&);
// Once per process, before the first compiled code runs.
Result<void> install_fault_handler(FaultHandler handler);

// The base of memory 0 for compiled code on this thread, where the machine has a register
// for it that compiled code cannot set quickly itself. Returns what it was.
u8* set_memory_base(u8* base);
// Whether compiled code may set and read the memory base by instructions of its own.
bool memory_base_instructions();
// The instruction sets that all processors of this machine have, where no instruction tells: on RISC-V, in the form
// of a device tree's riscv,isa ("rv64imafdc_zba_zbb"). Empty on other machines. It lives as long as the program.
std::string_view isa_string();

// --- Threads ---------------------------------------------------------------------------

// A thread, as seen by who may interrupt it: a name, which is never read through.
struct Thread;
// Also readies the thread for faults. Cheap after the first time.
Thread* current_thread();
// Delivers FaultKind::Interrupt at the thread's next instruction boundary, from any
// thread. May be delivered late, twice, or, if the thread has ended, to another one.
void interrupt(Thread* thread);
// The lowest address that the stack of the current thread may use.
u8* stack_limit();

// Runs `body(argument)` on another thread (a worker of the compiler). join waits for its end. An idle one has a
// processor when nobody else wants it, and gives it away in give_way(); a platform whose threads all take turns may
// take it for a usual one. Its kind may be changed by any thread, until it is joined.
struct Worker;
enum class WorkerKind : u8 { Usual, Idle };
Result<Worker*> spawn_worker(void (*body)(void*), void* argument, WorkerKind kind = WorkerKind::Usual);
void set_worker_kind(Worker* worker, WorkerKind kind);
void join_worker(Worker* worker);
// Of an idle worker between two steps of something long, without a lock: whoever wants a processor has this one now.
// Nothing for others, and where idle workers take turns as they do.
void give_way();
u32 processor_count();

// A lock of one word, zero when free. Not recursive. Unlocking is the locker's.
class Mutex {
 public:
  void lock();
  void unlock();

 private:
  u32 state_ = 0;
};
class MutexGuard {
 public:
  explicit MutexGuard(Mutex& mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexGuard() { mutex_.unlock(); }
  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  Mutex& mutex_;
};
// Sleeps while *word == expected, until wake or `timeout_ns` (~0: for ever). May return early.
void wait_on(const u32* word, u32 expected, u64 timeout_ns);
void wake_all(const u32* word);

// --- The rest --------------------------------------------------------------------------

// Bytes that the heap could still have, so that who is about to take many can decline; ~0 where nobody knows.
u64 available_memory();
u64 monotonic_ns();
void fill_entropy(std::span<u8> bytes);
// For people who look after the process: never where a program's output goes.
void write_diagnostic(std::string_view text);
[[noreturn]] void abort_process();

}  // namespace skerry::platform
