// BitSet: a set of small integers as bits of 64-bit words.
//
//   BitSet live(function.value_count());
//   live.insert(3);
//   for (u32 value : live) ...            // ascending
//
// The size is fixed when it is built or resized; an integer beyond it is a bug of the caller. Set
// operations take sets of equal size and say whether they changed anything, which is what the
// fixed points of dataflow ask.

#pragma once

#include <bit>
#include <span>

#include "base/array.h"
#include "base/check.h"
#include "base/types.h"

namespace skerry {

class BitSet {
 public:
  BitSet() = default;
  explicit BitSet(u32 size) { resize(size); }

  u32 size() const { return size_; }

  // What is in the set stays if it fits.
  void resize(u32 size) {
    words_.resize((u64{size} + 63) / 64);
    if (size % 64 != 0 && size < size_) words_.back() &= (u64{1} << size % 64) - 1;
    size_ = size;
  }
  void clear() {
    for (u64& word : words_) word = 0;
  }

  bool contains(u32 i) const {
    DCHECK(i < size_);
    return words_[i / 64] >> i % 64 & 1;
  }
  // Whether it was not in the set before.
  bool insert(u32 i) {
    DCHECK(i < size_);
    u64 bit = u64{1} << i % 64;
    bool is_new = !(words_[i / 64] & bit);
    words_[i / 64] |= bit;
    return is_new;
  }
  // Whether it was in the set before.
  bool remove(u32 i) {
    DCHECK(i < size_);
    u64 bit = u64{1} << i % 64;
    bool was_in = words_[i / 64] & bit;
    words_[i / 64] &= ~bit;
    return was_in;
  }

  bool empty() const {
    for (u64 word : words_) {
      if (word) return false;
    }
    return true;
  }
  u32 count() const {
    u32 total = 0;
    for (u64 word : words_) total += u32(std::popcount(word));
    return total;
  }

  bool unite(const BitSet& other) {
    return combine(other, [](u64 a, u64 b) { return a | b; });
  }
  bool intersect(const BitSet& other) {
    return combine(other, [](u64 a, u64 b) { return a & b; });
  }
  bool subtract(const BitSet& other) {
    return combine(other, [](u64 a, u64 b) { return a & ~b; });
  }

  bool operator==(const BitSet&) const = default;

  // The members in ascending order. The set must not change meanwhile.
  class Iterator {
   public:
    explicit Iterator(std::span<const u64> words) : words_(words) { find(); }
    u32 operator*() const { return index_ * 64 + u32(std::countr_zero(word_)); }
    Iterator& operator++() {
      word_ &= word_ - 1;
      if (!word_) {
        ++index_;
        find();
      }
      return *this;
    }
    struct End {};
    bool operator==(End) const { return index_ == words_.size(); }

   private:
    // To the first word from index_ on that is not zero.
    void find() {
      while (index_ < words_.size() && !(word_ = words_[index_])) ++index_;
    }

    std::span<const u64> words_;
    u32 index_ = 0;
    u64 word_ = 0;  // of words_[index_], what was not yet visited
  };
  Iterator begin() const { return Iterator(words_); }
  Iterator::End end() const { return {}; }

 private:
  template <class Operation>
  bool combine(const BitSet& other, Operation operation) {
    CHECK(size_ == other.size_);
    u64 changed = 0;
    for (usize i = 0; i < words_.size(); ++i) {
      u64 word = operation(words_[i], other.words_[i]);
      changed |= word ^ words_[i];
      words_[i] = word;
    }
    return changed != 0;
  }

  Array<u64> words_;  // bits at and beyond size_ are zero
  u32 size_ = 0;
};

}  // namespace skerry
