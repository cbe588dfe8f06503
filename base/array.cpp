#include "base/array.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace skerry::detail {

void PlainArray::release(void* data) { operator delete(data); }

void PlainArray::reserve(usize wanted, usize item) {
  if (wanted <= capacity_) return;
  CHECK(wanted <= ~usize{0} / 2 / item);
  void* larger = operator new(wanted * item);
  if (size_) std::memcpy(larger, data_, size_ * item);
  if (data_) operator delete(data_);
  data_ = larger;
  capacity_ = wanted;
}

void PlainArray::grow(usize wanted, usize item) {
  if (wanted > capacity_) reserve(std::max(wanted, 2 * capacity_), item);
}

void PlainArray::grow(usize item) { grow(size_ + 1, item); }

void PlainArray::resize(usize size, const void* value, usize item) {
  if (size > size_) {
    grow(size, item);
    // The first, then each time as many as there are.
    u8* begin = static_cast<u8*>(data_) + size_ * item;
    usize bytes = (size - size_) * item;
    std::memcpy(begin, value, item);
    for (usize done = item; done < bytes; done *= 2) std::memcpy(begin + done, begin, std::min(done, bytes - done));
  }
  size_ = size;
}

void* PlainArray::insert(usize at, const void* from, usize count, usize item) {
  DCHECK(at <= size_);
  if (count != 0) {
    const u8* source = static_cast<const u8*>(from);
    usize inside = usize(source - static_cast<u8*>(data_));  // huge where it is not
    bool is_own = data_ && inside < size_ * item;
    CHECK(!is_own || at == size_);  // what is moved apart is not copied
    grow(size_ + count, item);
    if (is_own) source = static_cast<u8*>(data_) + inside;
    u8* place = static_cast<u8*>(data_) + at * item;
    if (at != size_) std::memmove(place + count * item, place, (size_ - at) * item);
    std::memcpy(place, source, count * item);
    size_ += count;
  }
  return static_cast<u8*>(data_) + at * item;
}

void PlainArray::erase(usize at, usize count, usize item) {
  DCHECK(at <= size_ && count <= size_ - at);
  u8* place = static_cast<u8*>(data_) + at * item;
  if (count != 0) std::memmove(place, place + count * item, (size_ - at - count) * item);
  size_ -= count;
}

}  // namespace skerry::detail
