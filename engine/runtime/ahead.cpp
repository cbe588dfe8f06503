#include "engine/runtime/ahead.h"

#include <algorithm>

namespace skerry::runtime {
namespace {

constexpr usize most_candidates = 64 * 1024;  // but for those of one function
constexpr u32 most_behind = 16;         // functions that lie behind one that was called
constexpr u64 between_rests = 16 * KiB; // of bodies that are called until somebody who rested is roused

}  // namespace

Ahead::Ahead(const wasm::Module& module, u64 most) : module_(module), most_(most) {
  stages_.resize(module.functions.size() - module.imported_functions, Stage::Untouched);
  bodies_.resize(stages_.size(), nullptr);
}

u64 Ahead::size_of(u32 function) const {
  return module_.functions[FuncIndex(module_.imported_functions + function)].body.size;
}

bool Ahead::may_claim(u32 function) const {
  return called_ >= begins_at && in_vain_ + size_of(function) <= std::min(most_, spare + guessed_ + called_ / 8);
}

std::optional<u32> Ahead::candidate() {
  for (; !candidates_.empty(); candidates_.pop_back()) {
    if (stages_[candidates_.back()] == Stage::Untouched) return candidates_.back();
  }
  for (; behind_ < most_behind; ++behind_) {
    u32 function = last_called_ + 1 + behind_;
    if (function >= stages_.size()) break;
    if (stages_[function] == Stage::Untouched) return function;
  }
  return std::nullopt;
}

std::optional<u32> Ahead::claim() {
  auto found = candidate();
  if (!found || !may_claim(*found)) {
    is_at_work_ = false;
    rested_at_ = called_;
    return std::nullopt;
  }
  stages_[*found] = Stage::Claimed;
  in_vain_ += size_of(*found);
  return found;
}

bool Ahead::should_begin() {
  if (is_at_work_ || called_ < std::max(begins_at, rested_at_ + between_rests)) return false;
  auto found = candidate();
  if (!found || !may_claim(*found)) return false;
  return is_at_work_ = true;
}

void Ahead::made(u32 function, const void* body, std::span<const codegen::Relocation> relocations) {
  CHECK(stages_[function] == Stage::Claimed);
  stages_[function] = Stage::Made;
  bodies_[function] = body;
  std::span<const u32> callees = callees_of(relocations);
  if (!callees.empty()) callees_of_made_[function].assign(callees.begin(), callees.end());
}

void Ahead::dropped(u32 function) {
  if (stages_[function] != Stage::Claimed) return;
  stages_[function] = Stage::Passed;
  in_vain_ -= size_of(function);
}

const void* Ahead::take(u32 function) {
  if (stages_[function] != Stage::Made) return nullptr;
  note_call(function);
  if (auto found = callees_of_made_.find(function); found != callees_of_made_.end()) {
    add_callees(found->second);
    callees_of_made_.erase(found);
  }
  return bodies_[function];
}

void Ahead::begin_call(u32 function) {
  if (stages_[function] == Stage::Untouched) stages_[function] = Stage::Passed;
}

void Ahead::called(u32 function, std::span<const codegen::Relocation> relocations) {
  note_call(function);
  add_callees(callees_of(relocations));
}

void Ahead::note_call(u32 function) {
  u64 size = size_of(function);
  Stage before = std::exchange(stages_[function], Stage::Called);
  called_ += size;
  if (before == Stage::Claimed || before == Stage::Made) {
    guessed_ += size;
    in_vain_ -= size;
  }
  last_called_ = function;
  behind_ = 0;
}

std::span<const u32> Ahead::callees_of(std::span<const codegen::Relocation> relocations) {
  callees_.clear();
  for (const codegen::Relocation& relocation : relocations) {
    if (relocation.kind == codegen::RelocationKind::EntrySlot)
      callees_.push_back(relocation.function.raw() - module_.imported_functions);
  }
  return callees_;
}

void Ahead::add_callees(std::span<const u32> callees) {
  // Those of functions that were called long ago go first.
  if (candidates_.size() + callees.size() > most_candidates) candidates_.clear();
  for (usize i = callees.size(); i-- != 0;) {
    if (stages_[callees[i]] == Stage::Untouched) candidates_.push_back(callees[i]);
  }
}

}  // namespace skerry::runtime
