// What C++ and libstdc++ want of a C library, besides memory_functions.cpp and red_black_tree.cpp: the
// list is cmake/bare-undefined.txt.

#include <memory>
#include <new>
#include <string_view>
#include <unordered_map>

#include "kernel/arch/arch.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/heap.h"
#include "kernel/sched/thread.h"

using skerry::usize;
using skerry::kernel::heap_allocate;
using skerry::kernel::heap_allocate_aligned;
using skerry::kernel::heap_free;
using skerry::kernel::arch::stop;

// operator new cannot fail, for without exceptions nobody could be told. Who asks when there is no more gets of what was
// kept for that, and is ended.
[[gnu::noinline]] static void* allocate_and_end(std::size_t size, std::size_t alignment) {
  // Under a spin lock, and before there are threads, nobody can be told; there it is only little that is asked for.
  bool interrupts = skerry::kernel::arch::disable_interrupts();
  if (interrupts) {
    skerry::kernel::arch::enable_interrupts();
    skerry::kernel::out_of_memory();
  }
  void* object = heap_allocate_aligned(size, alignment, skerry::kernel::For::Ended);
  if (!object) stop("no memory is left for the heap");
  return object;
}

constexpr std::size_t usual_alignment = 16;

void* operator new(std::size_t size) {
  void* object = heap_allocate(size);
  return object ? object : allocate_and_end(size, usual_alignment);
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  void* object = heap_allocate_aligned(size, usize(alignment));
  return object ? object : allocate_and_end(size, usize(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return heap_allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return heap_allocate(size); }
void operator delete(void* object) noexcept { heap_free(object); }
void operator delete[](void* object) noexcept { heap_free(object); }
void operator delete(void* object, std::size_t) noexcept { heap_free(object); }
void operator delete[](void* object, std::size_t) noexcept { heap_free(object); }
void operator delete(void* object, std::align_val_t) noexcept { heap_free(object); }
void operator delete[](void* object, std::align_val_t) noexcept { heap_free(object); }
void operator delete(void* object, std::size_t, std::align_val_t) noexcept { heap_free(object); }
void operator delete[](void* object, std::size_t, std::align_val_t) noexcept { heap_free(object); }
const std::nothrow_t std::nothrow{};

// Where a library built with exceptions would throw, a bug of ours has asked for the impossible.
namespace std {
void __throw_bad_alloc() { stop("no memory is left"); }
void __throw_bad_array_new_length() { stop("an array of impossible length"); }
void __throw_bad_function_call() { stop("a call of an empty function"); }
void __throw_length_error(const char* what) { stop(what); }
void __throw_logic_error(const char* what) { stop(what); }
void __throw_out_of_range(const char* what) { stop(what); }
void __throw_out_of_range_fmt(const char* what, ...) { stop(what); }
void __throw_invalid_argument(const char* what) { stop(what); }
void __throw_runtime_error(const char* what) { stop(what); }
void __throw_system_error(int) { stop("a system error"); }
}  // namespace std

// Bucket counts of the hash tables are primes, at least doubling from one to the next.
namespace std::__detail {

static bool is_prime(size_t n) {
  if (n % 2 == 0 || n % 3 == 0) return n == 2 || n == 3;
  for (size_t d = 5; d * d <= n; d += 6) {
    if (n % d == 0 || n % (d + 2) == 0) return false;
  }
  return n > 1;
}

size_t _Prime_rehash_policy::_M_next_bkt(size_t wanted) const {
  size_t count = wanted < 5 ? 5 : wanted | 1;
  while (!is_prime(count)) count += 2;
  _M_next_resize = size_t(double(count) * double(_M_max_load_factor));
  return count;
}

pair<bool, size_t> _Prime_rehash_policy::_M_need_rehash(size_t buckets, size_t elements, size_t added) const {
  if (elements + added <= _M_next_resize) return {false, 0};
  double least = double(elements + added) / double(_M_max_load_factor);
  if (least < double(buckets)) {
    _M_next_resize = size_t(double(buckets) * double(_M_max_load_factor));
    return {false, 0};
  }
  size_t wanted = size_t(least) + 1;
  return {true, _M_next_bkt(wanted > 2 * buckets ? wanted : 2 * buckets)};
}

}  // namespace std::__detail

// Of bytes, for std::hash<std::string>: multiply and fold by words. Not against an enemy's keys.
size_t std::_Hash_bytes(const void* bytes, size_t size, size_t seed) {
  constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15;
  const unsigned char* p = static_cast<const unsigned char*>(bytes);
  std::uint64_t hash = seed ^ size * multiplier;
  while (size > 0) {
    std::uint64_t word = 0;
    size_t n = size < 8 ? size : 8;
    __builtin_memcpy(&word, p, n);
    hash = (hash ^ word) * multiplier;
    hash ^= hash >> 29;
    p += n;
    size -= n;
  }
  return hash;
}

// Whether a shared_ptr of a library that has type information was made by make_shared: there is none.
bool std::_Sp_make_shared_tag::_S_eq(const std::type_info&) noexcept { return false; }

// A local static's guard: the first byte says that it is made (the compiler looks at that itself), the second that
// somebody makes it.
extern "C" {
int __cxa_guard_acquire(std::uint8_t* guard) {
  while (__atomic_load_n(&guard[0], __ATOMIC_ACQUIRE) == 0) {
    if (__atomic_exchange_n(&guard[1], 1, __ATOMIC_ACQUIRE) == 0) return 1;
    skerry::kernel::yield_thread();
  }
  return 0;
}
void __cxa_guard_release(std::uint8_t* guard) { __atomic_store_n(&guard[0], 1, __ATOMIC_RELEASE); }
void __cxa_guard_abort(std::uint8_t* guard) { __atomic_store_n(&guard[1], 0, __ATOMIC_RELEASE); }
void abort() { stop("abort was called"); }
void __cxa_pure_virtual() { stop("a pure virtual call"); }
char __libc_single_threaded = 0;
}
