// What libstdc++ calls for the counts of shared_ptr, where another ISA has it in line.

#include <ext/atomicity.h>

namespace __gnu_cxx {

_Atomic_word __exchange_and_add(volatile _Atomic_word* word, int value) throw() {
  return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL);
}
void __atomic_add(volatile _Atomic_word* word, int value) throw() {
  __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL);
}

}  // namespace __gnu_cxx
