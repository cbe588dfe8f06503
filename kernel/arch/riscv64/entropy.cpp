// Random numbers: a ChaCha20 generator (RFC 8439) that starts from the device tree's seed and takes
// its next key out of each of its own outputs, so that what it gave cannot be computed afterwards.

#include "kernel/arch/riscv64/cpu.h"
#include "kernel/arch/spin_lock.h"

namespace skerry::kernel::riscv64 {

constexpr u32 key_words = 8, block_words = 16;
// Under `lock` once there are several harts.
static SpinLock lock;
static u32 key[key_words];
static u64 blocks;

static void quarter_round(u32& a, u32& b, u32& c, u32& d) {
  auto step = [](u32& x, u32& y, u32& z, u32 turn) {
    x += y;
    z ^= x;
    z = z << turn | z >> (32 - turn);
  };
  step(a, b, d, 16);
  step(c, d, b, 12);
  step(a, b, d, 8);
  step(c, d, b, 7);
}

// The next block of output; its first half becomes the key and is not given.
static void next_block(u32 (&out)[block_words]) {
  u32 start[block_words] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (u32 i = 0; i < key_words; ++i) start[4 + i] = key[i];
  u64 now = read_csr<Csr::Time>();
  start[12] = u32(blocks);
  start[13] = u32(blocks >> 32);
  start[14] = u32(now);
  start[15] = u32(now >> 32);
  ++blocks;
  for (u32 i = 0; i < block_words; ++i) out[i] = start[i];
  for (u32 round = 0; round < 10; ++round) {
    for (u32 i = 0; i < 4; ++i) quarter_round(out[i], out[4 + i], out[8 + i], out[12 + i]);
    for (u32 i = 0; i < 4; ++i) {
      quarter_round(out[i], out[4 + (i + 1) % 4], out[8 + (i + 2) % 4], out[12 + (i + 3) % 4]);
    }
  }
  for (u32 i = 0; i < block_words; ++i) out[i] += start[i];
  for (u32 i = 0; i < key_words; ++i) key[i] = out[i];
}

void stir_entropy(std::span<const u8> seed) {
  u32 block[block_words];
  for (usize at = 0; at < seed.size(); at += sizeof key) {
    usize size = seed.size() - at < sizeof key ? seed.size() - at : sizeof key;
    u8* bytes = reinterpret_cast<u8*>(key);
    for (usize i = 0; i < size; ++i) bytes[i] ^= seed[at + i];
    next_block(block);
  }
}

}  // namespace skerry::kernel::riscv64

namespace skerry::kernel::arch {

using namespace riscv64;

void fill_entropy(std::span<u8> bytes) {
  u32 block[block_words];
  while (!bytes.empty()) {
    {
      SpinGuard guard(lock);
      next_block(block);
    }
    constexpr usize given = sizeof block - sizeof key;
    usize size = bytes.size() < given ? bytes.size() : given;
    __builtin_memcpy(bytes.data(), block + key_words, size);
    bytes = bytes.subspan(size);
  }
}

}  // namespace skerry::kernel::arch
