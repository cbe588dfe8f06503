// The memory and string functions of C that clang and libstdc++ call.
//
// Copies go by 16 bytes: under an emulator, `rep movsb` goes byte by byte. Sizes up to 32 are two
// loads that may overlap, so that no loop runs for them. Compiled with -fno-builtin.

#include <cstddef>
#include <cstdint>

namespace {

using usize = std::size_t;
using Byte = unsigned char;

template <class T>
struct [[gnu::packed, gnu::may_alias]] Unaligned { T value; };
template <class T>
T load(const Byte* p) { return reinterpret_cast<const Unaligned<T>*>(p)->value; }
template <class T>
void store(Byte* p, T value) { reinterpret_cast<Unaligned<T>*>(p)->value = value; }

using Vector = std::uint64_t __attribute__((vector_size(16)));

// size in [sizeof(T), 2 * sizeof(T)]: both ends, loaded before either is stored.
template <class T>
void move_ends(Byte* to, const Byte* from, usize size) {
  T head = load<T>(from), tail = load<T>(from + size - sizeof(T));
  store(to, head);
  store(to + size - sizeof(T), tail);
}

void move_small(Byte* to, const Byte* from, usize size) {
  if (size >= 16) return move_ends<Vector>(to, from, size);
  if (size >= 8) return move_ends<std::uint64_t>(to, from, size);
  if (size >= 4) return move_ends<std::uint32_t>(to, from, size);
  if (size >= 2) return move_ends<std::uint16_t>(to, from, size);
  if (size == 1) *to = *from;
}

void copy_up(Byte* to, const Byte* from, usize size) {
  Vector tail = load<Vector>(from + size - 16);
  Byte* end = to + size;
  for (; size > 64; size -= 64, to += 64, from += 64) {
    Vector a = load<Vector>(from), b = load<Vector>(from + 16);
    Vector c = load<Vector>(from + 32), d = load<Vector>(from + 48);
    store(to, a);
    store(to + 16, b);
    store(to + 32, c);
    store(to + 48, d);
  }
  for (; size > 16; size -= 16, to += 16, from += 16) store(to, load<Vector>(from));
  store(end - 16, tail);
}

void copy_down(Byte* to, const Byte* from, usize size) {
  Vector head = load<Vector>(from);
  Byte* begin = to;
  to += size;
  from += size;
  for (; size > 64; size -= 64) {
    to -= 64;
    from -= 64;
    Vector a = load<Vector>(from), b = load<Vector>(from + 16);
    Vector c = load<Vector>(from + 32), d = load<Vector>(from + 48);
    store(to + 48, d);
    store(to + 32, c);
    store(to + 16, b);
    store(to, a);
  }
  for (; size > 16; size -= 16) {
    to -= 16;
    from -= 16;
    store(to, load<Vector>(from));
  }
  store(begin, head);
}

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, usize size) {
  Byte* t = static_cast<Byte*>(to);
  const Byte* f = static_cast<const Byte*>(from);
  if (size <= 32) move_small(t, f, size);
  else copy_up(t, f, size);
  return to;
}

void* memmove(void* to, const void* from, usize size) {
  Byte* t = static_cast<Byte*>(to);
  const Byte* f = static_cast<const Byte*>(from);
  if (size <= 32) move_small(t, f, size);
  else if (usize(t - f) >= size) copy_up(t, f, size);
  else copy_down(t, f, size);
  return to;
}

void* memset(void* to, int value, usize size) {
  Byte* t = static_cast<Byte*>(to);
  std::uint64_t word = 0x0101010101010101u * Byte(value);
  if (size < 16) {
    if (size >= 8) store(t, word), store(t + size - 8, word);
    else if (size >= 4) store(t, std::uint32_t(word)), store(t + size - 4, std::uint32_t(word));
    else if (size) t[0] = t[size / 2] = t[size - 1] = Byte(value);
    return to;
  }
  Vector vector = {word, word};
  Byte* end = t + size;
  for (; end - t > 64; t += 64) {
    store(t, vector);
    store(t + 16, vector);
    store(t + 32, vector);
    store(t + 48, vector);
  }
  for (; end - t > 16; t += 16) store(t, vector);
  store(end - 16, vector);
  return to;
}

int memcmp(const void* left, const void* right, usize size) {
  const Byte* l = static_cast<const Byte*>(left);
  const Byte* r = static_cast<const Byte*>(right);
  usize i = 0;
  while (size - i >= 8 && load<std::uint64_t>(l + i) == load<std::uint64_t>(r + i)) i += 8;
  for (; i < size; ++i) {
    if (l[i] != r[i]) return l[i] < r[i] ? -1 : 1;
  }
  return 0;
}

void* memchr(const void* in, int value, usize size) {
  const Byte* p = static_cast<const Byte*>(in);
  for (usize i = 0; i < size; ++i) {
    if (p[i] == Byte(value)) return const_cast<Byte*>(p + i);
  }
  return nullptr;
}

usize strlen(const char* text) {
  usize length = 0;
  while (text[length]) ++length;
  return length;
}

int strncmp(const char* left, const char* right, usize size) {
  for (usize i = 0; i < size; ++i) {
    if (left[i] != right[i]) return Byte(left[i]) < Byte(right[i]) ? -1 : 1;
    if (!left[i]) break;
  }
  return 0;
}

int strcmp(const char* left, const char* right) { return strncmp(left, right, ~usize{0}); }

char* strchr(const char* text, int value) {
  for (;; ++text) {
    if (*text == char(value)) return const_cast<char*>(text);
    if (!*text) return nullptr;
  }
}

}
