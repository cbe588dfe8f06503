#include "engine/runtime/lazy.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/runtime/hot_functions.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store.h"

namespace skerry::runtime {
namespace {

constexpr u64 reach = 0x7fff0000;  // of code to its slots
constexpr u64 expansion = 32;      // bytes of machine code for a byte of a body, at most, in sum
// What compiling takes: more than was seen of any body (85 bytes for each of its own, for bodies of calls alone).
constexpr u64 memory_per_byte = 96;
constexpr u64 memory_per_function = 256 * KiB;
constexpr u64 largest_kept = 64 * KiB;  // bodies, after whose compilation the compiler stays
// Functions that a caller compiles for others, while somebody is at work on his own.
constexpr u32 most_helped = 8;

}  // namespace

LazyCode::~LazyCode() {
  if (!space_.base()) return;
  module_.engine().background().forget(*this);
  keep_hot();
  remove_code_range(reinterpret_cast<u64>(space_.base()));
}

Result<void> LazyCode::reserve() {
  const wasm::Module& module = module_.module();
  count_ = module.functions.size() - module.imported_functions;
  u64 page = platform::page_size();
  u64 bodies = 0;
  for (FuncIndex f(module.imported_functions); f < module.functions.end_key(); f = f.next())
    bodies += module.functions[f].body.size;
  bool is_tiered = module_.engine().is_tiered();
  u64 most_bodies = is_tiered ? 3 : 1;  // of a function, on average, each with a page that is not full
  u64 slots = align_up(std::max<u64>(count_, 1) * (sizeof(void*) + sizeof(i32)), page);
  u64 entries = align_up(u64{count_} * 16, page);
  u64 code = most_bodies * (expansion * bodies + u64{count_} * page) + 4 * platform::least_code_pages();
  u64 size = std::min(align_up(slots + entries + code, page), align_down(reach, page));
  if (slots + entries >= size) return fail(ErrorCode::Limit, "the module has too many functions to compile lazily");
  TRY(space_.reserve(size));
  // From here on the destructor takes it out again.
  u64 base = reinterpret_cast<u64>(space_.base());
  add_code_range({base, base + size, CodeKind::Functions, this});
  pages_ = std::make_unique<std::atomic<const OnPage*>[]>(size / page);
  slots_ = reinterpret_cast<std::atomic<const void*>*>(TRY(space_.allocate(slots)));
  counters_ = reinterpret_cast<i32*>(slots_ + count_);
  for (u32 i = 0; i < count_; ++i) slots_[i].store(module_.engine().compile_lazily(), std::memory_order_relaxed);
  is_used_hot_.resize(is_tiered ? count_ : 0);
  if (is_tiered)
    warmth_.emplace(module, module_.engine().config().warm_up, slots_, counters_, module_.engine().compile_lazily());
  const WarmUp& warm_up = module_.engine().config().warm_up;
  if (is_tiered && warm_up.threads != 0 && warm_up.ahead != 0 && module.code_section.size > Ahead::begins_at)
    ahead_.emplace(module, warm_up.ahead);
  return make_entries();
}

Result<void> LazyCode::make_entries() {
  const wasm::Module& module = module_.module();
  entries_.resize(count_);
  std::vector<bool> wanted(count_);
  auto want = [&](u32 function) {
    if (function >= module.imported_functions) wanted[function - module.imported_functions] = true;
  };
  for (const wasm::Export& e : module.exports) {
    if (e.kind == ExternKind::Func) want(e.index);
  }
  for (u32 f : module.declared_functions) want(f);
  if (!module.start.is_none()) want(module.start.raw());

  Array<u8> code;
  std::vector<std::pair<u32, u32>> places;
  for (u32 i = 0; i < count_; ++i) {
    if (!wanted[i]) continue;
    places.emplace_back(i, module_.engine().target().add_stub(codegen::StubKind::SlotEntry, nullptr, &slots_[i], code));
  }
  if (code.empty()) return {};
  u8* memory = TRY(space_.allocate(code.size()));
  std::memcpy(memory, code.data(), code.size());
  TRY(platform::publish_code(memory, align_up(code.size(), platform::page_size())));
  for (auto [index, offset] : places) entries_[index] = memory + offset;
  return {};
}

const void* LazyCode::entry(FuncIndex function) {
  u32 index = function.raw() - module_.module().imported_functions;
  CHECK(entries_[index]);
  const void* best = warmth_ ? warmth_->best(index) : nullptr;
  return best ? best : entries_[index];
}

const void* LazyCode::compile(Instance& instance, const void** slot) {
  auto* word = reinterpret_cast<std::atomic<const void*>*>(slot);
  CHECK(word >= slots_ && word < slots_ + count_);
  bool rouses = false;
  const void* body = body_at_call(instance, u32(word - slots_), rouses);
  if (rouses && !module_.engine().background().work_ahead(*this)) {
    platform::MutexGuard guard(mutex_);
    ahead_.reset();
  }
  return body;
}

const void* LazyCode::body_at_call(Instance& instance, u32 index, bool& rouses) {
  auto known = [&] {
    const void* body = known_body(instance, index);
    if (body && ahead_) rouses = ahead_->should_begin();
    return body;
  };
  {
    platform::MutexGuard guard(mutex_);
    if (const void* body = known()) return body;
  }
  platform::MutexGuard compiling(compiling_);
  for (u32 helped = 0;; ++helped) {
    u32 next = index;
    {
      platform::MutexGuard guard(mutex_);
      if (const void* body = known()) return body;
      if (ahead_ && ahead_->is_claimed(index) && helped < most_helped) next = ahead_->claim().value_or(index);
      else if (ahead_) ahead_->begin_call(index);
    }
    NewBody compiled = compile_function(next);
    const void* body = nullptr;
    {
      platform::MutexGuard guard(mutex_);
      if (next != index) keep_ahead(next, compiled);
      else if (body = known(); !body) body = publish_at_call(index, compiled, rouses);
    }
    // What the compiler holds grows with the largest function.
    if (body_size(next) > largest_kept) compiler_.reset();
    if (next == index) return body;
  }
}

const void* LazyCode::publish_at_call(u32 index, NewBody& made, bool& rouses) {
  const void* body = publish(made);
  if (!body) return nullptr;
  module_.engine().tiers().quick.fetch_add(1, std::memory_order_relaxed);
  if (ahead_) {
    ahead_->called(index, made.relocations);
    rouses = ahead_->should_begin();
  }
  set_first_body(index, body);
  return body;
}

const void* LazyCode::known_body(Instance& instance, u32 index) {
  const void* there = slots_[index].load(std::memory_order_acquire);
  if (there != module_.engine().compile_lazily()) return there;
  const void* ahead = ahead_ ? ahead_->take(index) : nullptr;
  if (warmth_) {
    Warmth::Called called = warmth_->was_called(index);
    if (called.for_good) note_use(index);
    if (called.for_good && entries_[index])
      instance.set_code(FuncIndex(module_.module().imported_functions + index), called.body);
    if (called.body) return called.body;
  }
  if (!ahead) return nullptr;
  module_.engine().tiers().found.fetch_add(1, std::memory_order_relaxed);
  set_first_body(index, ahead);
  return ahead;
}

void LazyCode::set_first_body(u32 index, const void* body) {
  slots_[index].store(body, std::memory_order_release);
  // Of what was expected to be hot the best body may have come meanwhile, and been overwritten.
  if (warmth_ && warmth_->best(index))
    slots_[index].store(module_.engine().compile_lazily(), std::memory_order_relaxed);
}

void LazyCode::keep_ahead(u32 index, NewBody& made) {
  if (!ahead_ || !ahead_->is_claimed(index)) return;
  const void* body = publish(made);
  if (!body) return ahead_->dropped(index);
  ahead_->made(index, body, made.relocations);
  module_.engine().tiers().ahead.fetch_add(1, std::memory_order_relaxed);
}

bool LazyCode::work_ahead(Improver& improver) {
  u32 index;
  {
    platform::MutexGuard guard(mutex_);
    auto claimed = ahead_ ? ahead_->claim() : std::nullopt;
    if (!claimed) return false;
    index = *claimed;
  }
  NewBody made;
  if (has_memory_for(index)) {
    auto compiled = improver.quick(module_, FuncIndex(module_.module().imported_functions + index));
    made = bring_beside(index, compiled);
  }
  {
    platform::MutexGuard guard(mutex_);
    keep_ahead(index, made);
  }
  if (body_size(index) > largest_kept) improver.release();
  return true;
}

LazyCode::NewBody LazyCode::bring_beside(u32 index, Result<const codegen::CompiledFunction*> compiled) {
  platform::MutexGuard guard(bringing_);
  return bring(index, std::move(compiled), writer_beside_);
}

u64 LazyCode::body_size(u32 index) const {
  const wasm::Module& module = module_.module();
  return module.functions[FuncIndex(module.imported_functions + index)].body.size;
}

bool LazyCode::has_memory_for(u32 index) const {
  return platform::available_memory() >= body_size(index) * memory_per_byte + memory_per_function;
}

LazyCode::NewBody LazyCode::compile_function(u32 index) {
  const wasm::Module& module = module_.module();
  if (!has_memory_for(index)) return {};
  Gear gear = module_.engine().is_tiered() ? Gear::Quick : module_.engine().config().gear;
  if (!compiler_) compiler_ = std::make_unique<FunctionCompiler>(module_.engine(), module, module_.layout(),
                                                                 codegen::CallStyle::Slot, gear);
  NewBody made = bring(index, compiler_->compile(FuncIndex(module.imported_functions + index)), writer_);
  compiler_->tell_counts();
  return made;
}

LazyCode::NewBody LazyCode::bring(u32 index, Result<const codegen::CompiledFunction*> made, Writer& writer) const {
  if (!made) return {};
  const codegen::CompiledFunction& compiled = **made;
  auto place = writer.pages.next(compiled.code.size());
  if (!place) return {};
  u64 address = reinterpret_cast<u64>(*place);
  writer.code = compiled.code;
  for (const codegen::Relocation& relocation : compiled.relocations) {
    u32 callee = relocation.function.raw() - module_.module().imported_functions;
    CHECK(callee < count_ && relocation.kind != codegen::RelocationKind::Call);
    bool is_slot = relocation.kind == codegen::RelocationKind::EntrySlot;
    const void* word = is_slot ? static_cast<const void*>(&slots_[callee]) : &counters_[callee];
    module_.engine().target().relocate(writer.code.data(), address, relocation, reinterpret_cast<u64>(word));
  }
  if (!writer.pages.write(*place, writer.code)) return {};

  NewBody body{*place, compiled.relocations, {}};
  writer.sites.clear();
  FunctionTable::encode(compiled, writer.sites);
  body.table.module = &module_;
  body.table.first = module_.module().imported_functions + index;
  body.table.set_code(address);
  body.table.add(0, u32(compiled.code.size()), writer.sites);
  return body;
}

const void* LazyCode::publish(NewBody& body) {
  if (!body.code) return nullptr;
  FunctionTable& table = tables_.emplace_back(std::move(body.table));
  u64 page = platform::page_size(), begin = u64(body.code - space_.base()), size = table.code_size(0);
  for (u64 at = begin / page; at * page < begin + size; ++at) {
    on_pages_.push_back({&table, pages_[at].load(std::memory_order_relaxed)});
    pages_[at].store(&on_pages_.back(), std::memory_order_release);
  }
  module_.tell_profiler(table);
  return body.code;
}

std::optional<FunctionAt> LazyCode::find(u64 pc) const {
  u64 offset = pc - reinterpret_cast<u64>(space_.base());
  if (offset >= space_.size()) return std::nullopt;
  const OnPage* there = pages_[offset / platform::page_size()].load(std::memory_order_acquire);
  for (; there; there = there->next) {
    if (auto at = there->table->find(pc)) return at;
  }
  return std::nullopt;
}

// ---------------------------------------------------------------------------------- Warming up

const void* LazyCode::warm_up(Store& store, WarmUpFrame& frame, u32 loop) {
  std::optional<FunctionAt> at = find(frame.return_address - 1);
  CHECK(at);
  u32 index = at->table->first - module_.module().imported_functions;
  Background& background = module_.engine().background();
  TierCounts& counts = module_.engine().tiers();
  for (;;) {
    Warmth::Decision decision = warmth_->decide(index, loop);
    Background::Job job{this, index, decision.job_loop};
    Background::Outcome outcome = Background::Outcome::Queued;
    switch (decision.kind) {
      case Warmth::Decision::Kind::GoOn: return nullptr;
      case Warmth::Decision::Kind::Enter: return hand_over(store, frame, index, *decision.body);
      case Warmth::Decision::Kind::Ask: outcome = background.add(job); break;
      case Warmth::Decision::Kind::Insist:
        outcome = background.insist(job);
        if (outcome == Background::Outcome::Done) counts.insisted.fetch_add(1, std::memory_order_relaxed);
        break;
    }
    switch (outcome) {
      case Background::Outcome::Queued: return nullptr;
      case Background::Outcome::Done:
        // A body to enter is entered; the function's own is for its next call.
        if (decision.job_loop == 0) return nullptr;
        break;
      case Background::Outcome::Dropped:
        counts.dropped.fetch_add(1, std::memory_order_relaxed);
        warmth_->drop(index, decision.job_loop);
        return nullptr;
    }
  }
}

void LazyCode::improve(u32 index, u32 loop, Improver& improver) {
  FuncIndex function(module_.module().imported_functions + index);
  TierCounts& counts = module_.engine().tiers();
  auto installed = [&](const codegen::CompiledFunction& compiled) {
    NewBody made = bring_beside(index, &compiled);
    platform::MutexGuard guard(mutex_);
    return publish(made);
  };
  if (loop == 0) {
    auto compiled = improver.whole(module_, function);
    const void* body = compiled ? installed(**compiled) : nullptr;
    if (body) counts.best.fetch_add(1, std::memory_order_relaxed);
    else counts.too_large.fetch_add(1, std::memory_order_relaxed);
    warmth_->done(index, body);
    return;
  }
  LoopBody made;
  auto compiled = improver.at_loop(module_, function, loop - 1, made.frame);
  if (compiled && *compiled) {
    made.code = installed(**compiled);
    made.frame_size = (*compiled)->frame_size;
  }
  (made.code ? counts.loops : counts.refused).fetch_add(1, std::memory_order_relaxed);
  warmth_->done(index, loop, std::move(made));
}

void LazyCode::begin_hot() {
  const std::shared_ptr<CodeCache>& cache = module_.engine().config().cache;
  if (!warmth_ || !cache) return;
  auto bytes = cache->load(hot_functions_key(module_.module()));
  auto known = bytes ? read_hot_functions(*bytes, count_) : std::nullopt;
  if (!known) return;
  known_hot_ = std::move(*known);
  for (u32 function : known_hot_) {
    if (!warmth_->expect(function)) continue;
    if (!module_.engine().background().offer({this, function, 0})) return warmth_->drop(function, 0);
    module_.engine().tiers().expected.fetch_add(1, std::memory_order_relaxed);
  }
}

void LazyCode::note_use(u32 function) {
  if (is_used_hot_[function]) return;
  is_used_hot_[function] = true;
  used_hot_.push_back(function);
}

void LazyCode::keep_hot() {
  const std::shared_ptr<CodeCache>& cache = module_.engine().config().cache;
  if (!cache) return;
  if (auto kept = hot_functions_after(known_hot_, used_hot_))
    cache->store(hot_functions_key(module_.module()), write_hot_functions(*kept));
}

const void* LazyCode::hand_over(Store& store, WarmUpFrame& frame, u32 function, const LoopBody& body) {
  LoopCell* cells = store.loop_cells();
  u64 limit = std::atomic_ref(store.state().stack_limit).load(std::memory_order_relaxed);
  if (!cells || limit > frame.frame_pointer || frame.frame_pointer - limit < body.frame_size) return nullptr;
  const FrameTable& table = body.frame;
  u32 saved = u32(std::popcount(table.saved_registers));
  auto in_frame = [&](u32 word) { return reinterpret_cast<const u64*>(frame.frame_pointer) - 1 - word; };
  auto content = [&](codegen::Place place) {
    return place.is_reg() ? frame.registers[place.reg()] : *in_frame(saved + place.slot());
  };
  for (usize i = 0; i < table.cells.size(); ++i) {
    u64 bits = content(table.cells[i].place);
    cells[i] = {ir::is_64(table.cells[i].type) ? bits : u32(bits), 0};
  }
  if (!table.result_pointer.is_none()) frame.result_pointer = content(table.result_pointer);
  u32 word = 0;
  for (u64 rest = table.saved_registers; rest; rest &= rest - 1)
    frame.registers[std::countr_zero(rest)] = *in_frame(word++);
  module_.engine().tiers().entered.fetch_add(1, std::memory_order_relaxed);
  platform::MutexGuard guard(mutex_);
  note_use(function);
  return body.code;
}

const void* warm_up_function() {
  constexpr auto warm_up = [](InstanceHeader* header, WarmUpFrame* frame, u32 loop) -> const void* {
    Instance& instance = Instance::of(header);
    return instance.module().lazy().warm_up(instance.store(), *frame, loop);
  };
  return reinterpret_cast<const void*>(+warm_up);
}

const void* lazy_function() {
  constexpr auto compile = [](InstanceHeader* header, const void** slot) -> const void* {
    Instance& instance = Instance::of(header);
    const void* body = instance.module().lazy().compile(instance, slot);
    if (!body) instance.store().raise(TrapCode::OutOfMemory);
    return body;
  };
  return reinterpret_cast<const void*>(+compile);
}

}  // namespace skerry::runtime
