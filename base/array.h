// Array: a vector of plain things: what can be copied as bytes, and needs no destructor.
//
//   Array<u32> list;
//   list.push_back(3);
//   list.resize(10, 0);
//
// It is std::vector but for this: all that is not done for a single item (growing, filling, copying) is one function
// for all types, out of line. A compiler's working memory is dozens of arrays, each of a type of its own, and code that
// exists dozens of times is slow where it is cold: when a small module is compiled, or by an emulator, which
// translates each piece of code before it runs. Iterators are pointers.

#pragma once

#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/types.h"

namespace skerry {

namespace detail {

// The array's three words. Sizes are in items of `item` bytes.
class PlainArray {
 public:
  PlainArray() = default;
  PlainArray(PlainArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ~PlainArray() { release(data_); }
  void swap(PlainArray& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 protected:
  static void release(void* data);  // null as well
  // To room for `wanted` items and no more, or to the double of what there is.
  void reserve(usize wanted, usize item);
  void grow(usize wanted, usize item);
  void grow(usize item);  // for one more
  // Items that are new are copies of `value`.
  void resize(usize size, const void* value, usize item);
  // In front of the item `at`; the bytes may be of the array itself. Returns where they are.
  void* insert(usize at, const void* from, usize count, usize item);
  void erase(usize at, usize count, usize item);

  void* data_ = nullptr;
  usize size_ = 0;
  usize capacity_ = 0;
};

}  // namespace detail

template <class T>
class Array : private detail::PlainArray {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 16);
  using Base = detail::PlainArray;

 public:
  using value_type = T;
  using size_type = usize;
  using iterator = T*;
  using const_iterator = const T*;
  using reference = T&;
  using const_reference = const T&;

  Array() = default;
  explicit Array(usize size, T value = T()) { resize(size, value); }
  template <std::contiguous_iterator It>
  Array(It first, It last) { insert(end(), first, last); }
  Array(std::initializer_list<T> items) { insert(end(), items.begin(), items.end()); }
  Array(const Array& other) : Base() { insert(end(), other.begin(), other.end()); }
  Array(Array&&) noexcept = default;
  Array& operator=(const Array& other) {
    if (this != &other) assign(other.begin(), other.end());
    return *this;
  }
  Array& operator=(Array&& other) noexcept {
    Array moved(std::move(other));
    Base::swap(moved);
    return *this;
  }
  ~Array() = default;

  T* data() { return static_cast<T*>(data_); }
  const T* data() const { return static_cast<const T*>(data_); }
  usize size() const { return size_; }
  usize capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  auto rbegin() { return std::reverse_iterator(end()); }
  auto rend() { return std::reverse_iterator(begin()); }
  auto rbegin() const { return std::reverse_iterator(end()); }
  auto rend() const { return std::reverse_iterator(begin()); }
  T& operator[](usize i) {
    DCHECK(i < size_);
    return data()[i];
  }
  const T& operator[](usize i) const {
    DCHECK(i < size_);
    return data()[i];
  }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T item) {
    if (size_ == capacity_) [[unlikely]] grow(sizeof(T));
    data()[size_++] = item;
  }
  template <class... A>
  T& emplace_back(A&&... arguments) {
    push_back(T{std::forward<A>(arguments)...});
    return back();
  }
  void pop_back() {
    DCHECK(size_ != 0);
    --size_;
  }
  void clear() { size_ = 0; }
  void reserve(usize size) { Base::reserve(size, sizeof(T)); }
  void resize(usize size, T value = T()) { Base::resize(size, &value, sizeof(T)); }
  void assign(usize size, T value) {
    clear();
    resize(size, value);
  }
  // From elsewhere.
  template <std::contiguous_iterator It>
  void assign(It first, It last) {
    clear();
    insert(end(), first, last);
  }
  template <std::contiguous_iterator It>
  T* insert(const T* at, It first, It last) {
    static_assert(std::is_same_v<std::iter_value_t<It>, T>);
    return static_cast<T*>(Base::insert(usize(at - data()), std::to_address(first), usize(last - first), sizeof(T)));
  }
  T* insert(const T* at, T item) { return insert(at, &item, &item + 1); }
  T* erase(const T* first, const T* last) {
    usize at = usize(first - data());
    Base::erase(at, usize(last - first), sizeof(T));
    return data() + at;
  }
  T* erase(const T* at) { return erase(at, at + 1); }
  void swap(Array& other) noexcept { Base::swap(other); }

  friend bool operator==(const Array& a, const Array& b) {
    if (a.size_ != b.size_) return false;
    for (usize i = 0; i < a.size_; ++i) {
      if (!(a[i] == b[i])) return false;
    }
    return true;
  }
};

}  // namespace skerry
