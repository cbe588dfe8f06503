// Ranges of memories, tables and segments (Core 4.4.7, 4.4.6): all or nothing.

#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "base/types.h"

namespace skerry::oracle {

template <class T>
bool is_inside(std::span<T> range, u64 at, u64 count) {
  return at + count <= range.size();  // both are 32-bit numbers
}

// Copies as if through a buffer; answers false, and does nothing, where either range ends too early.
template <class T>
bool copy_range(std::vector<T>& to, u64 destination, std::span<const T> from, u64 source, u64 count) {
  if (!is_inside(std::span<T>(to), destination, count) || !is_inside(from, source, count)) return false;
  std::vector<T> buffer(from.begin() + i64(source), from.begin() + i64(source + count));
  std::copy(buffer.begin(), buffer.end(), to.begin() + i64(destination));
  return true;
}
template <class T>
bool copy_range(std::vector<T>& to, u64 destination, const std::vector<T>& from, u64 source, u64 count) {
  return copy_range(to, destination, std::span<const T>(from), source, count);
}

template <class T>
bool fill_range(std::vector<T>& to, u64 start, T value, u64 count) {
  if (!is_inside(std::span<T>(to), start, count)) return false;
  std::fill_n(to.begin() + i64(start), count, value);
  return true;
}

}  // namespace skerry::oracle
