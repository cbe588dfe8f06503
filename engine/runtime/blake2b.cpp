#include "engine/runtime/blake2b.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace skerry::runtime {
namespace {

constexpr u64 initial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                            0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

// Which word of the message goes where, by round (RFC 7693, 2.7).
constexpr u8 sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

}  // namespace

Blake2b::Blake2b() {
  std::copy(std::begin(initial), std::end(initial), state_);
  state_[0] ^= 0x01010000 ^ sizeof(Hash);
}

void Blake2b::compress(const u8* block, bool is_last) {
  u64 m[16], v[16];
  std::memcpy(m, block, sizeof m);  // all our machines have the low byte first
  for (int i = 0; i < 8; ++i) v[i] = state_[i], v[i + 8] = initial[i];
  v[12] ^= total_;
  if (is_last) v[14] = ~v[14];
  auto mix = [&](int a, int b, int c, int d, u64 x, u64 y) {
    v[a] += v[b] + x, v[d] = std::rotr(v[d] ^ v[a], 32);
    v[c] += v[d], v[b] = std::rotr(v[b] ^ v[c], 24);
    v[a] += v[b] + y, v[d] = std::rotr(v[d] ^ v[a], 16);
    v[c] += v[d], v[b] = std::rotr(v[b] ^ v[c], 63);
  };
  for (int round = 0; round < 12; ++round) {
    const u8* s = sigma[round % 10];
    mix(0, 4, 8, 12, m[s[0]], m[s[1]]), mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
    mix(2, 6, 10, 14, m[s[4]], m[s[5]]), mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
    mix(0, 5, 10, 15, m[s[8]], m[s[9]]), mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
    mix(2, 7, 8, 13, m[s[12]], m[s[13]]), mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) state_[i] ^= v[i] ^ v[i + 8];
}

void Blake2b::add(std::span<const u8> bytes) {
  while (!bytes.empty()) {
    if (filled_ == sizeof block_) {  // a full block is compressed once it is known not to be the last
      total_ += filled_;
      compress(block_, false);
      filled_ = 0;
    }
    // Whole blocks straight from where they are.
    while (filled_ == 0 && bytes.size() > sizeof block_) {
      total_ += sizeof block_;
      compress(bytes.data(), false);
      bytes = bytes.subspan(sizeof block_);
    }
    usize n = std::min(bytes.size(), sizeof block_ - filled_);
    std::memcpy(block_ + filled_, bytes.data(), n);
    filled_ += n;
    bytes = bytes.subspan(n);
  }
}

Hash Blake2b::finish() {
  total_ += filled_;
  std::memset(block_ + filled_, 0, sizeof block_ - filled_);
  compress(block_, true);
  Hash hash;
  std::memcpy(hash.data(), state_, hash.size());
  return hash;
}

std::string hex(const Hash& hash) {
  std::string out;
  for (u8 byte : hash) out.push_back("0123456789abcdef"[byte >> 4]), out.push_back("0123456789abcdef"[byte & 15]);
  return out;
}

}  // namespace skerry::runtime
