// Arena: memory that is given piece by piece and taken back all at once.
//
//   Arena arena;
//   std::span<Value> arguments = arena.alloc<Value>(n);
//   arena.reset();                      // every span of before is dead
//
// A piece is a pointer bump in the current chunk. Chunks double up to a limit; a piece that is
// larger than a chunk gets one of its own. reset() keeps the first chunk, so that an arena that
// serves one function after another asks the heap only for what the larger ones need. Nothing in an arena
// is destroyed: alloc takes only types without a destructor. One thread at a time.

#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/types.h"

namespace skerry {

class Arena {
 public:
  explicit Arena(usize first_chunk = 16 * KiB) : next_size_(first_chunk) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // n objects, each value-initialised; none for n = 0.
  template <class T>
  std::span<T> alloc(usize n) {
    T* items = static_cast<T*>(raw<T>(n));
    std::uninitialized_value_construct_n(items, n);
    return {items, n};
  }

  // One object built from the arguments.
  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    return ::new (raw<T>(1)) T(std::forward<Arguments>(arguments)...);
  }

  template <class T>
  std::span<T> copy(std::span<const T> from) {
    T* items = static_cast<T*>(raw<T>(from.size()));
    std::uninitialized_copy(from.begin(), from.end(), items);
    return {items, from.size()};
  }
  std::string_view copy(std::string_view text) {
    std::span<char> chars = copy(std::span<const char>(text.data(), text.size()));
    return {chars.data(), chars.size()};
  }

  // Takes everything back.
  void reset() {
    if (chunks_.empty()) return;
    chunks_.resize(1);
    at_ = chunks_[0].bytes.get();
    end_ = at_ + chunks_[0].size;
  }

  // Bytes that the arena holds from the heap.
  usize footprint() const {
    usize total = 0;
    for (const Chunk& chunk : chunks_) total += chunk.size;
    return total;
  }

 private:
  static constexpr usize largest_chunk = MiB;

  struct Chunk {
    std::unique_ptr<u8[]> bytes;
    usize size;
  };

  template <class T>
  void* raw(usize n) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena destroys nothing");
    static_assert(alignof(T) <= alignof(std::max_align_t));
    CHECK(n <= (~usize{0} >> 1) / sizeof(T));
    return raw_bytes(n * sizeof(T), alignof(T));
  }

  void* raw_bytes(usize size, usize alignment) {
    usize padding = (0 - reinterpret_cast<usize>(at_)) & (alignment - 1);
    if (usize(end_ - at_) < padding || usize(end_ - at_) - padding < size) return in_new_chunk(size);
    u8* piece = at_ + padding;
    at_ = piece + size;
    return piece;
  }

  // Chunks come from the heap aligned for every type.
  void* in_new_chunk(usize size) {
    usize chunk_size = std::max(next_size_, size);
    next_size_ = std::max(next_size_, std::min(2 * next_size_, usize{largest_chunk}));
    chunks_.push_back({std::unique_ptr<u8[]>(new u8[chunk_size]), chunk_size});
    u8* chunk = chunks_.back().bytes.get();
    // A piece that fills its chunk leaves the rest of the chunk before in use.
    if (chunk_size - size < usize(end_ - at_)) return chunk;
    at_ = chunk + size;
    end_ = chunk + chunk_size;
    return chunk;
  }

  std::vector<Chunk> chunks_;
  u8* at_ = nullptr;   // at_..end_: what is free in the current chunk
  u8* end_ = nullptr;
  usize next_size_;
};

}  // namespace skerry
