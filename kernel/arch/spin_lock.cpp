#include "kernel/arch/spin_lock.h"

namespace skerry::kernel {

void SpinLock::wait() {
  do {
    while (__atomic_load_n(&word_, __ATOMIC_RELAXED) != 0) arch::serve_requests();
  } while (__atomic_exchange_n(&word_, 1, __ATOMIC_ACQUIRE) != 0);
}

}  // namespace skerry::kernel
