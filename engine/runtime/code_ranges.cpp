#include "engine/runtime/code_ranges.h"

#include <algorithm>
#include <atomic>

#include "base/array.h"
#include "platform/platform.h"

namespace skerry::runtime {
namespace {

using Ranges = Array<CodeRange>;  // ascending

constinit std::atomic<const Ranges*> current = nullptr;
constinit std::atomic<u32> readers = 0;

// Guarded by `writers`.
constinit platform::Mutex writers;
constinit Array<const Ranges*>* retired = nullptr;  // replaced and not yet freed

bool begins_before(const CodeRange& range, u64 pc) { return range.begin < pc; }

void publish(Ranges* next) {
  const Ranges* old = current.exchange(next);
  // A reader that is inside may have the old array or one before it; then they wait for the
  // next change, which finds the readers gone.
  if (!retired) retired = new Array<const Ranges*>;
  if (old) retired->push_back(old);
  if (readers.load() != 0) return;
  for (const Ranges* ranges : *retired) delete ranges;
  retired->clear();
}

}  // namespace

void add_code_range(const CodeRange& range) {
  CHECK(range.begin < range.end);
  platform::MutexGuard guard(writers);
  const Ranges* old = current.load();
  auto* next = old ? new Ranges(*old) : new Ranges;
  auto place = std::lower_bound(next->begin(), next->end(), range.begin, begins_before);
  CHECK(place == next->end() || range.end <= place->begin);
  CHECK(place == next->begin() || place[-1].end <= range.begin);
  next->insert(place, range);
  publish(next);
}

void remove_code_range(u64 begin) {
  platform::MutexGuard guard(writers);
  auto* next = new Ranges(*current.load());
  auto place = std::lower_bound(next->begin(), next->end(), begin, begins_before);
  CHECK(place != next->end() && place->begin == begin);
  next->erase(place);
  publish(next);
}

std::optional<CodeRange> find_code_range(u64 pc) {
  readers.fetch_add(1);
  std::optional<CodeRange> found;
  if (const Ranges* ranges = current.load()) {
    // The last that begins at or before pc. Written out, so that nothing else is called.
    const CodeRange* low = ranges->data();
    for (usize count = ranges->size(); count > 0;) {
      usize half = count / 2;
      if (low[half].begin <= pc) {
        low += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    if (low != ranges->data() && pc < low[-1].end) found = low[-1];
  }
  readers.fetch_sub(1);
  return found;
}

}  // namespace skerry::runtime
