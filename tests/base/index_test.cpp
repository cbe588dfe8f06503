#include "base/index.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <unordered_set>

namespace skerry {
namespace {

struct FuncTag;
struct TypeTag;
using FuncIndex = Index<FuncTag>;
using TypeIndex = Index<TypeTag>;

template <class Map, class Key>
concept IndexedBy = requires(Map map, Key key) { map[key]; };
static_assert(IndexedBy<IndexMap<FuncIndex, int>, FuncIndex>);
static_assert(!IndexedBy<IndexMap<FuncIndex, int>, TypeIndex>);
static_assert(!IndexedBy<IndexMap<FuncIndex, int>, u32>);
static_assert(!std::is_convertible_v<u32, FuncIndex>);
static_assert(!std::is_convertible_v<FuncIndex, u32>);
static_assert(sizeof(FuncIndex) == 4 && std::is_trivially_copyable_v<FuncIndex>);

TEST(Index, IsNoneUntilItIsGivenANumber) {
  EXPECT_TRUE(FuncIndex().is_none());
  EXPECT_EQ(FuncIndex(), FuncIndex::none());
  EXPECT_FALSE(FuncIndex(0).is_none());
  EXPECT_EQ(FuncIndex(7).next(), FuncIndex(8));
  EXPECT_LT(FuncIndex(7), FuncIndex(8));
}

TEST(Index, Hashes) {
  std::unordered_set<FuncIndex> set = {FuncIndex(1), FuncIndex(2), FuncIndex(1)};
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.contains(FuncIndex(2)));
  EXPECT_FALSE(set.contains(FuncIndex(3)));
}

TEST(IndexMap, GivesKeysInOrderFromZero) {
  IndexMap<FuncIndex, std::string> map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.push("a"), FuncIndex(0));
  EXPECT_EQ(map.end_key(), FuncIndex(1));
  EXPECT_EQ(map.push("b"), FuncIndex(1));
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map[FuncIndex(1)], "b");
  EXPECT_TRUE(map.contains(FuncIndex(1)));
  EXPECT_FALSE(map.contains(FuncIndex(2)));
  EXPECT_FALSE(map.contains(FuncIndex::none()));

  map.resize(4, "c");
  std::string all;
  for (const std::string& item : map) all += item;
  EXPECT_EQ(all, "abcc");
}

#ifdef SKERRY_DEBUG
TEST(IndexMapDeathTest, RefusesAKeyBeyondItsEnd) {
  IndexMap<FuncIndex, int> map(2, 0);
  EXPECT_DEATH(map[FuncIndex(2)] = 1, "key.raw\\(\\) < items_.size\\(\\)");
}
#endif

}  // namespace
}  // namespace skerry
