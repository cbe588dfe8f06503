// BLAKE2b with 256 bits (RFC 7693), unkeyed: a cryptographic hash, for keys of the cache and for
// finding damage.

#pragma once

#include <array>
#include <span>
#include <string>

#include "base/types.h"

namespace skerry::runtime {

using Hash = std::array<u8, 32>;

class Blake2b {
 public:
  Blake2b();
  void add(std::span<const u8> bytes);
  void add(std::string_view text) { add({reinterpret_cast<const u8*>(text.data()), text.size()}); }
  // Once, at the end.
  Hash finish();

 private:
  void compress(const u8* block, bool is_last);

  u64 state_[8];
  u64 total_ = 0;  // bytes; modules are below 2^64
  u8 block_[128];
  usize filled_ = 0;
};

std::string hex(const Hash& hash);

}  // namespace skerry::runtime
