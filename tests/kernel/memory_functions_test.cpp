// The kernel's memcpy, memmove and memset, against loops over bytes: every size around those at which they go other ways,
// at every distance that matters.

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#define memcpy kernel_memcpy
#define memmove kernel_memmove
#define memset kernel_memset
#define memcmp kernel_memcmp
#define memchr kernel_memchr
#define strlen kernel_strlen
#define strncmp kernel_strncmp
#define strcmp kernel_strcmp
#define strchr kernel_strchr
#include "kernel/memory_functions.cpp"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strncmp
#undef strcmp
#undef strchr

namespace skerry {
namespace {

constexpr size_t most = 200, room = 3 * most;

std::vector<unsigned char> numbered() {
  std::vector<unsigned char> bytes(room);
  for (size_t i = 0; i < room; ++i) bytes[i] = static_cast<unsigned char>(i * 7 + i / 256);
  return bytes;
}

TEST(MemoryFunctions, MovesForwardsAndBackwards) {
  const std::vector<unsigned char> before = numbered();
  for (size_t size = 0; size <= most; ++size) {
    for (size_t from = most - 70; from <= most + 70; ++from) {
      std::vector<unsigned char> want = before, got = before;
      for (size_t i = 0; i < size; ++i) want[most + i] = before[from + i];
      ASSERT_EQ(kernel_memmove(&got[most], &got[from], size), &got[most]);
      ASSERT_EQ(got, want) << size << " bytes from " << from << " to " << most;
    }
  }
}

TEST(MemoryFunctions, CopiesAndSetsNoByteMore) {
  const std::vector<unsigned char> before = numbered();
  for (size_t size = 0; size <= most; ++size) {
    for (size_t to = 0; to < 16; ++to) {
      std::vector<unsigned char> want = before, got = before;
      for (size_t i = 0; i < size; ++i) want[to + i] = before[most + 16 + i];
      ASSERT_EQ(kernel_memcpy(&got[to], &got[most + 16], size), &got[to]);
      ASSERT_EQ(got, want) << size << " bytes copied to " << to;
      for (size_t i = 0; i < size; ++i) want[to + i] = 0xc3;
      ASSERT_EQ(kernel_memset(&got[to], 0x1c3, size), &got[to]);
      ASSERT_EQ(got, want) << size << " bytes set at " << to;
    }
  }
}

}  // namespace
}  // namespace skerry
