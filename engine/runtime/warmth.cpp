#include "engine/runtime/warmth.h"

#include <algorithm>

namespace skerry::runtime {
namespace {

constexpr u32 between_looks = 2000;  // calls and iterations until it is seen that a job is done
constexpr u32 never = INT32_MAX;     // as often as a word can count

}  // namespace

Warmth::Warmth(const wasm::Module& module, const WarmUp& config, std::atomic<const void*>* slots, i32* counters,
               const void* stub)
    : module_(module), config_(config), slots_(slots), counters_(counters), stub_(stub),
      states_(module.functions.size() - module.imported_functions) {
  for (u32 i = 0; i < states_.size(); ++i) set_counter(i, threshold_of(i) - threshold_of(i) / 2);
}

// What compiling takes is in proportion to the body.
u32 Warmth::threshold_of(u32 function) const {
  u64 bytes = module_.functions[FuncIndex(module_.imported_functions + function)].body.size;
  return u32(std::min<u64>(std::max<u64>(config_.threshold, bytes * config_.threshold_per_byte), never));
}

Warmth::Called Warmth::was_called(u32 function) {
  platform::MutexGuard guard(mutex_);
  const State& state = states_[function];
  if (!state.body) return {};
  see_call(function);
  return {state.body, state.stage == Stage::Hot};
}

const void* Warmth::best(u32 function) {
  platform::MutexGuard guard(mutex_);
  return states_[function].stage == Stage::Hot ? states_[function].body : nullptr;
}

bool Warmth::expect(u32 function) {
  platform::MutexGuard guard(mutex_);
  if (states_[function].stage != Stage::Cold) return false;
  ask_for_function(function);
  return true;
}

// Whether the function was called since its slot was taken back; if not, the slot has its body again.
bool Warmth::see_call(u32 function) {
  if (slots_[function].load(std::memory_order_relaxed) != stub_) return true;
  slots_[function].store(states_[function].body, std::memory_order_release);
  return false;
}

void Warmth::watch(u32 function) {
  State& state = states_[function];
  state.stage = Stage::Watched;
  state.body = slots_[function].load(std::memory_order_relaxed);
  slots_[function].store(stub_, std::memory_order_relaxed);
  set_counter(function, threshold_of(function) / 2);
}

Warmth::Decision Warmth::decide(u32 function, u32 loop) {
  platform::MutexGuard guard(mutex_);
  State& state = states_[function];
  set_counter(function, std::min(config_.threshold, between_looks));
  switch (state.stage) {
    case Stage::Cold:
      if (threshold_of(function) == 1) return ask_for_function(function);
      watch(function);
      return {};
    case Stage::Watched: return decide_watched(function, loop);
    case Stage::Asked: return look_again(state.looks, function, 0);
    case Stage::Hot: return decide_hot(function, loop);
    case Stage::Refused: set_counter(function, never); return {};
  }
  UNREACHABLE("a function in no stage");
}

Warmth::Decision Warmth::decide_watched(u32 function, u32 loop) {
  LoopState* known = known_loop(function, loop);
  if (known && known->stage == LoopState::Stage::Asked) return look_again(known->looks, function, loop);
  if (known && known->stage == LoopState::Stage::Ready && !known->was_entered) {
    known->was_entered = true;
    return {Decision::Kind::Enter, 0, &known->body};
  }
  if (!known && loop != 0 && !see_call(function))
    if (auto asked = ask_for_loop(function, loop)) return *asked;
  return ask_for_function(function);
}

Warmth::Decision Warmth::decide_hot(u32 function, u32 loop) {
  if (loop == 0) return {};
  if (LoopState* known = known_loop(function, loop)) {
    if (known->stage == LoopState::Stage::Asked) return look_again(known->looks, function, loop);
    if (known->stage == LoopState::Stage::Ready) return {Decision::Kind::Enter, 0, &known->body};
  } else if (auto asked = ask_for_loop(function, loop)) {
    return *asked;
  }
  // It goes on as it is. Another loop of the function may fare better.
  set_counter(function, std::max(threshold_of(function), between_looks));
  return {};
}

Warmth::LoopState* Warmth::known_loop(u32 function, u32 loop) {
  if (loop == 0) return nullptr;
  auto found = loops_.find(loop_key(function, loop));
  return found == loops_.end() ? nullptr : &found->second;
}

Warmth::Decision Warmth::ask_for_function(u32 function) {
  states_[function].stage = Stage::Asked;
  states_[function].looks = 0;
  return {Decision::Kind::Ask};
}

std::optional<Warmth::Decision> Warmth::ask_for_loop(u32 function, u32 loop) {
  if (states_[function].loop_entries == largest_loop_entries) return std::nullopt;
  ++states_[function].loop_entries;
  loops_[loop_key(function, loop)];
  return Decision{Decision::Kind::Ask, loop};
}

Warmth::Decision Warmth::look_again(u16& looks, u32 function, u32 loop) const {
  if (config_.patience == 0) return {};
  looks = u16(std::min<u32>(looks + 1, UINT16_MAX));
  u64 events = u64{looks} * std::min(config_.threshold, between_looks);
  if (events < u64{config_.patience} * threshold_of(function)) return {};
  looks = 0;
  return {Decision::Kind::Insist, loop};
}

void Warmth::drop(u32 function, u32 loop) {
  platform::MutexGuard guard(mutex_);
  set_counter(function, threshold_of(function));
  State& state = states_[function];
  if (loop == 0) {
    state.stage = state.body ? Stage::Watched : Stage::Cold;
  } else {
    --state.loop_entries;
    loops_.erase(loop_key(function, loop));
  }
}

void Warmth::done(u32 function, const void* body) {
  platform::MutexGuard guard(mutex_);
  State& state = states_[function];
  state.stage = body ? Stage::Hot : Stage::Refused;
  if (!body) return;
  state.body = body;
  slots_[function].store(stub_, std::memory_order_relaxed);
}

void Warmth::done(u32 function, u32 loop, LoopBody body) {
  platform::MutexGuard guard(mutex_);
  LoopState& state = loops_[loop_key(function, loop)];
  state.stage = body.code ? LoopState::Stage::Ready : LoopState::Stage::Refused;
  state.body = std::move(body);
}

}  // namespace skerry::runtime
