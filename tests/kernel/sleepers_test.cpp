#include "kernel/sched/sleepers.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace skerry::kernel {

TEST(Sleepers, NearestIsThatOfAnOrderedSet) {
  std::mt19937_64 random(1);
  std::vector<Sleeper> all(300);
  std::vector<bool> asleep(all.size());
  std::multiset<u64> oracle;
  Sleepers sleepers;
  for (u32 round = 0; round < 100'000; ++round) {
    usize i = random() % all.size();
    if (random() % 8 == 0 && !oracle.empty()) {  // the first wakes
      i = usize(reinterpret_cast<char*>(sleepers.first()) - reinterpret_cast<char*>(all.data())) / sizeof(Sleeper);
      ASSERT_TRUE(asleep[i]);
      ASSERT_EQ(all[i].deadline, *oracle.begin());
    }
    if (asleep[i]) {
      sleepers.remove(&all[i]);
      oracle.erase(oracle.find(all[i].deadline));
    } else {
      all[i].deadline = random() % 1000;
      sleepers.add(&all[i]);
      oracle.insert(all[i].deadline);
    }
    asleep[i] = !asleep[i];
    ASSERT_EQ(sleepers.nearest(), oracle.empty() ? Sleepers::none : *oracle.begin());
  }
}

}  // namespace skerry::kernel
