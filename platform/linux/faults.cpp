// Signals into the engine's fault handler, and on to whoever was there before.
//
// SIGSEGV, SIGBUS, SIGILL and SIGFPE are faults of the current instruction. SIGURG carries
// interrupt(): its default is to be ignored and debuggers do not stop at it. A signal of that
// number may be one of the embedder's, or stand for both (they do not queue), so that the
// engine is asked on each, and one that does not bear our mark is passed on as well.
//
// Handlers are installed once and stay. They run on the alternate stack that a thread gets
// from prepare_signal_stack, since a guest's stack may be at its end. Nothing in here is
// instrumented by sanitizers (CMakeLists.txt): a signal may arrive inside their runtime.

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "platform/linux/machine.h"
#include "platform/linux/threads.h"
#include "platform/platform.h"

namespace skerry::platform {
namespace {

struct Watched {
  int signal;
  FaultKind kind;
};
constexpr Watched watched[] = {
    {SIGSEGV, FaultKind::Memory},
    {SIGBUS, FaultKind::Memory},
    {SIGILL, FaultKind::IllegalInstruction},
    {SIGFPE, FaultKind::Arithmetic},
    {interrupt_signal, FaultKind::Interrupt},
};

const u64 standard_action = reinterpret_cast<u64>(SIG_DFL);
const u64 ignoring_action = reinterpret_cast<u64>(SIG_IGN);

FaultHandler engine_handler = nullptr;  // written once, before any handler is installed
SignalAction previous_actions[std::size(watched)];
const char interrupt_mark = 0;  // its address tells our own signals

void pass_on(usize which, siginfo_t* info, void* context) {
  const auto& [signal, kind] = watched[which];
  const SignalAction& previous = previous_actions[which];
  if (previous.function == standard_action || previous.function == ignoring_action) {
    if (kind == FaultKind::Interrupt) return;
    // The instruction faults again on return and the process ends as it would have without us.
    SignalAction standard{standard_action, 0, 0};
    exchange_signal_action(signal, &standard, nullptr);
    return;
  }
  u64 mask = 0;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &previous.mask, &mask, sizeof mask);
  // Handlers of one argument ignore the others.
  reinterpret_cast<void (*)(int, siginfo_t*, void*)>(previous.function)(signal, info, context);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, nullptr, sizeof mask);
}

void on_signal(int signal, siginfo_t* info, void* context) {
  usize which = 0;
  while (watched[which].signal != signal) ++which;
  ucontext_t& frame = *static_cast<ucontext_t*>(context);
  bool is_interrupt = watched[which].kind == FaultKind::Interrupt;
  bool is_sent = info->si_code <= 0;  // by kill and the like: no instruction is at fault

  Resume resume;
  bool handled = (is_interrupt || !is_sent) && engine_handler(read_context(watched[which].kind, *info, frame), resume);
  if (handled) write_context(frame, resume);

  bool ours = is_interrupt ? info->si_code == SI_QUEUE && info->si_ptr == &interrupt_mark : handled;
  if (!ours) pass_on(which, info, context);
}

}  // namespace

Result<void> install_fault_handler(FaultHandler handler) {
  CHECK(!engine_handler);
  engine_handler = handler;
  for (usize i = 0; i < std::size(watched); ++i) {
    // What is there must be known before our handler can run.
    exchange_signal_action(watched[i].signal, nullptr, &previous_actions[i]);
    // An interruption waits for the handler of a fault: there, the guest is neither running nor has it left.
    constexpr u64 mask = u64{1} << (interrupt_signal - 1);
    SignalAction action{reinterpret_cast<u64>(on_signal), SA_SIGINFO | SA_ONSTACK | SA_RESTART, mask};
    if (!exchange_signal_action(watched[i].signal, &action, nullptr)) {
      return fail(ErrorCode::Environment, "the system refused to install signal handlers");
    }
  }
  return {};
}

void interrupt(Thread* thread) {
  siginfo_t info{};
  info.si_signo = interrupt_signal;
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_uid = getuid();
  info.si_ptr = const_cast<char*>(&interrupt_mark);
  syscall(SYS_rt_tgsigqueueinfo, getpid(), pid_t(reinterpret_cast<i64>(thread)), interrupt_signal, &info);
}

}  // namespace skerry::platform
