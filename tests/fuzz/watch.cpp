#include "tests/fuzz/watch.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/string.h"

namespace skerry::fuzz {

namespace {

volatile u64 running_seed;

void tell_seed(int number) {
  char text[80];
  const char* what = number == SIGPROF ? "over 10 seconds" : "a crash";
  int size = snprintf(text, sizeof text, "\nseed %llu: %s (signal %d)\n", (unsigned long long)running_seed, what, number);
  (void)!write(STDERR_FILENO, text, usize(size));
  signal(number, SIG_DFL);
  raise(number);
}

void install_handlers() {
  static bool installed = false;
  if (installed) return;
  installed = true;
  for (int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGPROF}) signal(number, tell_seed);
}

void set_alarm(u32 seconds) {
  itimerval alarm{.it_interval = {}, .it_value = {.tv_sec = time_t(seconds), .tv_usec = 0}};
  setitimer(ITIMER_PROF, &alarm, nullptr);
}

double process_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

u64 peak_memory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return u64(usage.ru_maxrss) * KiB;
}

}  // namespace

Watch::Watch() { install_handlers(); }

void Watch::begin(u64 seed) {
  running_seed = seed_ = seed;
  started_ = process_seconds();
  set_alarm(most_seconds);
}

std::optional<std::string> Watch::end() {
  set_alarm(0);
  double seconds = process_seconds() - started_;
  if (seconds > longest_) {
    longest_ = seconds;
    slowest_seed_ = seed_;
  }
  if (peak_memory() > most_bytes) return concat("seed ", seed_, " took the process over 1 GiB");
  return std::nullopt;
}

std::string Watch::summary() const {
  return concat("at most ", u64(longest_ * 1e3), " ms (seed ", slowest_seed_, "), ", peak_memory() / MiB, " MiB");
}

}  // namespace skerry::fuzz
