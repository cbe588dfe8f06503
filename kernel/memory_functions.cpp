// The memory and string functions of C that clang and libstdc++ call.
//
// Copies go by 16 bytes: under an emulator, `rep movsb` goes byte by byte. Sizes up to 64 are two
// loads that may overlap, so that no loop runs for them; and what loops leave at the end is one more
// turn that overlaps the last. Compiled with -fno-builtin.

#include <cstddef>
#include <cstdint>

namespace {

using usize = std::size_t;
using Byte = unsigned char;

template <class T>
struct [[gnu::packed, gnu::may_alias]] Unaligned { T value; };
template <class T>
const Unaligned<T>& at(const Byte* p) { return *reinterpret_cast<const Unaligned<T>*>(p); }
template <class T>
Unaligned<T>& at(Byte* p) { return *reinterpret_cast<Unaligned<T>*>(p); }

// Registers of 16 bytes: one, two, four.
using Vector = std::uint64_t __attribute__((vector_size(16)));
using Pair = std::uint64_t __attribute__((vector_size(32)));
using Line = std::uint64_t __attribute__((vector_size(64)));

// size in [sizeof(T), 2 * sizeof(T)]: both ends, loaded before either is stored.
template <class T>
void move_ends(Byte* to, const Byte* from, usize size) {
  T head = at<T>(from).value, tail = at<T>(from + size - sizeof(T)).value;
  at<T>(to).value = head;
  at<T>(to + size - sizeof(T)).value = tail;
}

template <class T>
void set_ends(Byte* to, std::uint64_t word, usize size) {
  at<T>(to).value = at<T>(to + size - sizeof(T)).value = T(T{} + word);
}

// size <= sizeof(Line)
void move_small(Byte* to, const Byte* from, usize size) {
  if (size >= 32) return move_ends<Pair>(to, from, size);
  if (size >= 16) return move_ends<Vector>(to, from, size);
  if (size >= 8) return move_ends<std::uint64_t>(to, from, size);
  if (size >= 4) return move_ends<std::uint32_t>(to, from, size);
  if (size >= 2) return move_ends<std::uint16_t>(to, from, size);
  if (size == 1) *to = *from;
}

// size > sizeof(Line)
void copy_up(Byte* to, const Byte* from, usize size) {
  Byte* last = to + size - sizeof(Line);
  Line tail = at<Line>(from + size - sizeof(Line)).value;
  for (; to < last; to += sizeof(Line), from += sizeof(Line)) at<Line>(to).value = at<Line>(from).value;
  at<Line>(last).value = tail;
}

void copy_down(Byte* to, const Byte* from, usize size) {
  Line head = at<Line>(from).value;
  for (usize end = size; end > sizeof(Line); end -= sizeof(Line))
    at<Line>(to + end - sizeof(Line)).value = at<Line>(from + end - sizeof(Line)).value;
  at<Line>(to).value = head;
}

}  // namespace

extern "C" {

// It serves memmove as well, where `to` is not in what is read after it was written.
[[gnu::noinline]] void* memcpy(void* to, const void* from, usize size) {
  Byte* t = static_cast<Byte*>(to);
  const Byte* f = static_cast<const Byte*>(from);
  if (size <= sizeof(Line)) move_small(t, f, size);
  else copy_up(t, f, size);
  return to;
}

void* memmove(void* to, const void* from, usize size) {
  Byte* t = static_cast<Byte*>(to);
  const Byte* f = static_cast<const Byte*>(from);
  if (size <= sizeof(Line) || usize(t - f) >= size) return memcpy(to, from, size);
  copy_down(t, f, size);
  return to;
}

void* memset(void* to, int value, usize size) {
  Byte* t = static_cast<Byte*>(to);
  std::uint64_t word = 0x0101010101010101u * Byte(value);
  if (size > sizeof(Line)) {
    Byte* last = t + size - sizeof(Line);
    for (; t < last; t += sizeof(Line)) at<Line>(t).value = Line{} + word;
    at<Line>(last).value = Line{} + word;
  } else if (size >= 32) {
    set_ends<Pair>(t, word, size);
  } else if (size >= 16) {
    set_ends<Vector>(t, word, size);
  } else if (size >= 8) {
    set_ends<std::uint64_t>(t, word, size);
  } else if (size >= 4) {
    set_ends<std::uint32_t>(t, word, size);
  } else if (size) {
    t[0] = t[size / 2] = t[size - 1] = Byte(value);
  }
  return to;
}

int memcmp(const void* left, const void* right, usize size) {
  const Byte* l = static_cast<const Byte*>(left);
  const Byte* r = static_cast<const Byte*>(right);
  usize i = 0;
  while (size - i >= 8 && at<std::uint64_t>(l + i).value == at<std::uint64_t>(r + i).value) i += 8;
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
