// The vectors of wasm.h: a size and an array from the C heap, which may be null where it is empty.

#pragma once

#include <cstdlib>
#include <cstring>

#include "wasm.h"

namespace skerry::capi {

// Zeros; empty where there is no memory for so many.
template <class Vec>
void allocate(Vec* out, size_t size) {
  bool can_be = size != 0 && size <= PTRDIFF_MAX / sizeof(*out->data);
  out->data = can_be ? static_cast<decltype(out->data)>(std::calloc(size, sizeof(*out->data))) : nullptr;
  out->size = out->data ? size : 0;
}

// The elements as they are.
template <class Vec, class T>
void allocate(Vec* out, size_t size, T* const elements) {
  allocate(out, size);
  if (out->size) std::memcpy(static_cast<void*>(out->data), elements, out->size * sizeof(*out->data));
}

// What an `own` parameter gives.
template <class Vec>
Vec take(Vec* from) {
  Vec taken = *from;
  *from = {0, nullptr};
  return taken;
}

// A vector that deletes what is in it.
template <class Vec, void (*remove)(Vec*)>
struct Owned : Vec {
  Owned() : Vec{0, nullptr} {}
  explicit Owned(Vec&& from) : Vec(take(&from)) {}
  Owned(const Owned&) = delete;
  ~Owned() { remove(this); }
};

}  // namespace skerry::capi
