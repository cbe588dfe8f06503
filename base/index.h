// Typed indices and the arrays that they, and no others, index.
//
//   struct FuncTag;  using FuncIndex = Index<FuncTag>;
//   IndexMap<FuncIndex, Function> functions;
//   functions[FuncIndex(3)]

#pragma once

#include <compare>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/array.h"
#include "base/check.h"
#include "base/types.h"

namespace skerry {

template <class Tag>
class Index {
 public:
  constexpr Index() = default;
  constexpr explicit Index(u32 raw) : raw_(raw) {}
  static constexpr Index none() { return Index(~u32{0}); }

  constexpr u32 raw() const { return raw_; }
  constexpr bool is_none() const { return raw_ == ~u32{0}; }
  constexpr auto operator<=>(const Index&) const = default;
  constexpr Index next() const { return Index(raw_ + 1); }

 private:
  u32 raw_ = ~u32{0};
};

// An array indexed by one kind of index; keys are dense from 0.
template <class K, class T>
class IndexMap {
 public:
  IndexMap() = default;
  explicit IndexMap(usize size, T value = T()) : items_(size, value) {}

  T& operator[](K key) { DCHECK(key.raw() < items_.size()); return items_[key.raw()]; }
  const T& operator[](K key) const { DCHECK(key.raw() < items_.size()); return items_[key.raw()]; }
  K push(T item) { items_.push_back(std::move(item)); return K(u32(items_.size() - 1)); }
  u32 size() const { return u32(items_.size()); }
  bool empty() const { return items_.empty(); }
  bool contains(K key) const { return key.raw() < items_.size(); }
  K end_key() const { return K(u32(items_.size())); }
  void clear() { items_.clear(); }
  void reserve(usize n) { items_.reserve(n); }
  void resize(usize n, T value = T()) { items_.resize(n, std::move(value)); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  std::span<const T> span() const { return items_; }
  T* data() { return items_.data(); }
  const T* data() const { return items_.data(); }

 private:
  std::conditional_t<std::is_trivially_copyable_v<T>, Array<T>, std::vector<T>> items_;
};

}  // namespace skerry

template <class Tag>
struct std::hash<skerry::Index<Tag>> {
  std::size_t operator()(skerry::Index<Tag> index) const { return index.raw(); }
};
