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
// So that no line has bytes of two functions: a processor that runs one has fetched nothing of what is to come.
constexpr u64 code_line = codegen::CompiledFunction::most_alignment;
// Of pages that are opened at once, by what there is already, so that at most an eighth is in vain.
constexpr u64 part_of_code = 8;
constexpr u64 most_opened = 1 * MiB;

}  // namespace

LazyCode::~LazyCode() {
  if (!base_) return;
  module_.engine().background().forget(*this);
  keep_hot();
  close_pages();
  remove_code_range(reinterpret_cast<u64>(base_));
  platform::release(base_, reserved_);
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
  reserved_ = std::min(align_up(slots + entries + most_bodies * (expansion * bodies + u64{count_} * page) + page, page),
                       align_down(reach, page));
  if (slots + entries >= reserved_)
    return fail(ErrorCode::Limit, "the module has too many functions to compile lazily");
  base_ = TRY(platform::reserve(reserved_));
  // From here on the destructor takes it out again.
  add_code_range({reinterpret_cast<u64>(base_), reinterpret_cast<u64>(base_) + reserved_, CodeKind::Functions, this});
  pages_ = std::make_unique<std::atomic<const OnPage*>[]>(reserved_ / page);
  slots_ = reinterpret_cast<std::atomic<const void*>*>(TRY(allocate(slots)));
  counters_ = reinterpret_cast<i32*>(slots_ + count_);
  for (u32 i = 0; i < count_; ++i) slots_[i].store(module_.engine().compile_lazily(), std::memory_order_relaxed);
  is_used_hot_.resize(is_tiered ? count_ : 0);
  if (is_tiered)
    warmth_.emplace(module, module_.engine().config().warm_up, slots_, counters_, module_.engine().compile_lazily());
  TRY(make_entries());
  first_body_ = used_;
  return {};
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
  u8* memory = TRY(allocate(code.size()));
  std::memcpy(memory, code.data(), code.size());
  TRY(platform::publish_code(memory, align_up(code.size(), platform::page_size())));
  for (auto [index, offset] : places) entries_[index] = memory + offset;
  return {};
}

Result<u8*> LazyCode::allocate(u64 size) {
  size = align_up(size, platform::page_size());
  if (size > reserved_ - used_) return fail(ErrorCode::Limit, "the machine code of the module is too large");
  u8* memory = base_ + used_;
  TRY(platform::commit_for_code(memory, size));
  used_ += size;
  return memory;
}

Result<u8*> LazyCode::make_room(u64 size) {
  if (open_ && platform::can_write(open_) && size <= used_ - open_begin_) return base_ + open_begin_;
  close_pages();
  u64 page = platform::page_size();
  u64 wanted = std::clamp<u64>((used_ - first_body_) / part_of_code, platform::least_code_pages(), most_opened);
  wanted = std::min(align_up(std::max(wanted, size), page), reserved_ - used_);
  if (size <= wanted) {
    open_ = TRY(platform::open_code_pages(base_ + used_, wanted));
    if (open_) {
      open_begin_ = used_;
      used_ += wanted;
      return base_ + open_begin_;
    }
  }
  return allocate(size);
}

void LazyCode::close_pages() {
  if (open_) platform::close_code_pages(open_);
  open_ = nullptr;
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
  platform::MutexGuard guard(mutex_);
  const void* known = word->load(std::memory_order_acquire);
  if (known != module_.engine().compile_lazily()) return known;
  u32 index = u32(word - slots_);
  if (warmth_) {
    Warmth::Called called = warmth_->was_called(index);
    if (called.for_good) note_use(index);
    if (called.for_good && entries_[index])
      instance.set_code(FuncIndex(module_.module().imported_functions + index), called.body);
    if (called.body) return called.body;
  }
  auto body = compile_function(index);
  if (!body) return nullptr;
  word->store(*body, std::memory_order_release);
  // Of what was expected to be hot the best body may have come meanwhile, and been overwritten.
  if (warmth_ && warmth_->best(index)) word->store(module_.engine().compile_lazily(), std::memory_order_relaxed);
  return *body;
}

Result<const void*> LazyCode::compile_function(u32 index) {
  const wasm::Module& module = module_.module();
  FuncIndex function(module.imported_functions + index);
  u64 body = module.functions[function].body.size;
  if (platform::available_memory() < body * memory_per_byte + memory_per_function) {
    return fail(ErrorCode::Limit, "there is not enough memory to compile the function");
  }
  Gear gear = module_.engine().is_tiered() ? Gear::Quick : module_.engine().config().gear;
  if (!compiler_) compiler_ = std::make_unique<FunctionCompiler>(module_.engine(), module, module_.layout(),
                                                                 codegen::CallStyle::Slot, gear);
  const codegen::CompiledFunction& compiled = *TRY(compiler_->compile(function));
  compiler_->tell_counts();
  const void* code = TRY(install(index, compiled));
  // What the compiler holds grows with the largest function.
  if (body > largest_kept) compiler_.reset();
  module_.engine().tiers().quick.fetch_add(1, std::memory_order_relaxed);
  return code;
}

Result<const void*> LazyCode::install(u32 index, const codegen::CompiledFunction& compiled) {
  const wasm::Module& module = module_.module();
  Array<u8> sites;
  FunctionTable::encode(compiled, sites);

  u64 size = compiled.code.size();
  u8* code = TRY(make_room(size));
  u64 address = reinterpret_cast<u64>(code);
  code_ = compiled.code;
  for (const codegen::Relocation& relocation : compiled.relocations) {
    u32 callee = relocation.function.raw() - module.imported_functions;
    CHECK(callee < count_ && relocation.kind != codegen::RelocationKind::Call);
    bool is_slot = relocation.kind == codegen::RelocationKind::EntrySlot;
    const void* word = is_slot ? static_cast<const void*>(&slots_[callee]) : &counters_[callee];
    module_.engine().target().relocate(code_.data(), address, relocation, reinterpret_cast<u64>(word));
  }
  if (open_) {
    platform::write_code(open_, code, code_);
    open_begin_ = std::min(align_up(open_begin_ + size, code_line), used_);
  } else {
    std::memcpy(code, code_.data(), size);
    TRY(platform::publish_code(code, align_up(size, platform::page_size())));
  }

  FunctionTable& table = tables_.emplace_back();
  table.module = &module_;
  table.first = module.imported_functions + index;
  table.set_code(address);
  table.add(0, u32(size), sites);
  u64 page = platform::page_size(), begin = u64(code - base_);
  for (u64 at = begin / page; at * page < begin + size; ++at) {
    on_pages_.push_back({&table, pages_[at].load(std::memory_order_relaxed)});
    pages_[at].store(&on_pages_.back(), std::memory_order_release);
  }
  module_.tell_profiler(table);
  return static_cast<const void*>(code);
}

std::optional<FunctionAt> LazyCode::find(u64 pc) const {
  u64 offset = pc - reinterpret_cast<u64>(base_);
  if (offset >= reserved_) return std::nullopt;
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
  auto brought = [&](const codegen::CompiledFunction& compiled) -> const void* {
    platform::MutexGuard guard(mutex_);
    auto installed = install(index, compiled);
    return installed ? *installed : nullptr;
  };
  if (loop == 0) {
    auto compiled = improver.whole(module_, function);
    const void* body = compiled ? brought(**compiled) : nullptr;
    if (body) counts.best.fetch_add(1, std::memory_order_relaxed);
    else counts.too_large.fetch_add(1, std::memory_order_relaxed);
    warmth_->done(index, body);
    return;
  }
  LoopBody made;
  auto compiled = improver.at_loop(module_, function, loop - 1, made.frame);
  if (compiled && *compiled) {
    made.code = brought(**compiled);
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
