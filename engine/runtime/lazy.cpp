#include "engine/runtime/lazy.h"

#include <algorithm>
#include <cstring>

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

}  // namespace

LazyCode::~LazyCode() {
  if (!base_) return;
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
  u64 slots = align_up(std::max<u64>(count_, 1) * sizeof(void*), page);
  u64 entries = align_up(u64{count_} * 16, page);
  reserved_ = std::min(align_up(slots + entries + expansion * bodies + (u64{count_} + 1) * page, page),
                       align_down(reach, page));
  if (slots + entries >= reserved_)
    return fail(ErrorCode::Limit, "the module has too many functions to compile lazily");
  base_ = TRY(platform::reserve(reserved_));
  // From here on the destructor takes it out again.
  add_code_range({reinterpret_cast<u64>(base_), reinterpret_cast<u64>(base_) + reserved_, CodeKind::Functions, this});
  pages_ = std::make_unique<std::atomic<const FunctionTable*>[]>(reserved_ / page);
  slots_ = reinterpret_cast<std::atomic<const void*>*>(TRY(allocate(slots)));
  for (u32 i = 0; i < count_; ++i) slots_[i].store(module_.engine().compile_lazily(), std::memory_order_relaxed);
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
  for (u32 f = 0; f < module.declared_functions.size(); ++f) {
    if (module.declared_functions[f]) want(f);
  }
  if (!module.start.is_none()) want(module.start.raw());

  std::vector<u8> code;
  std::vector<std::pair<u32, u64>> places;
  for (u32 i = 0; i < count_; ++i) {
    if (!wanted[i]) continue;
    places.emplace_back(i, code.size());
    std::vector<u8> stub = module_.engine().target().stub(codegen::StubKind::SlotEntry, nullptr, &slots_[i]);
    code.insert(code.end(), stub.begin(), stub.end());
    code.resize(align_up(code.size(), 16));
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

const void* LazyCode::entry(FuncIndex function) const {
  const void* entry = entries_[function.raw() - module_.module().imported_functions];
  CHECK(entry);
  return entry;
}

const void* LazyCode::compile(const void** slot) {
  auto* word = reinterpret_cast<std::atomic<const void*>*>(slot);
  CHECK(word >= slots_ && word < slots_ + count_);
  platform::MutexGuard guard(mutex_);
  const void* known = word->load(std::memory_order_acquire);
  if (known != module_.engine().compile_lazily()) return known;
  auto body = compile_function(u32(word - slots_));
  if (!body) return nullptr;
  word->store(*body, std::memory_order_release);
  return *body;
}

Result<const void*> LazyCode::compile_function(u32 index) {
  const wasm::Module& module = module_.module();
  FuncIndex function(module.imported_functions + index);
  u64 body = module.functions[function].body.size;
  if (platform::available_memory() < body * memory_per_byte + memory_per_function) {
    return fail(ErrorCode::Limit, "there is not enough memory to compile the function");
  }
  if (!compiler_) compiler_ = std::make_unique<FunctionCompiler>(module_.engine(), module, module_.layout(),
                                                                 codegen::CallStyle::Slot);
  const codegen::CompiledFunction& compiled = *TRY(compiler_->compile(function));
  compiler_->tell_counts();
  std::vector<u8> sites;
  FunctionTable::encode(compiled, sites);

  u64 size = compiled.code.size();
  u8* code = TRY(allocate(size));
  u64 address = reinterpret_cast<u64>(code);
  std::memcpy(code, compiled.code.data(), size);
  for (const codegen::Relocation& relocation : compiled.relocations) {
    CHECK(relocation.kind == codegen::RelocationKind::EntrySlot);
    u32 callee = relocation.function.raw() - module.imported_functions;
    module_.engine().target().relocate(code, address, relocation, reinterpret_cast<u64>(&slots_[callee]));
  }
  TRY(platform::publish_code(code, align_up(size, platform::page_size())));

  FunctionTable& table = tables_.emplace_back();
  table.module = &module_;
  table.first = function.raw();
  table.set_code(address);
  table.add(0, u32(size), sites);
  u64 page = platform::page_size();
  for (u64 at = u64(code - base_); at < u64(code - base_) + size; at += page) {
    pages_[at / page].store(&table, std::memory_order_release);
  }
  module_.tell_profiler(table);
  // What the compiler holds grows with the largest function.
  if (body > largest_kept) compiler_.reset();
  return static_cast<const void*>(code);
}

std::optional<FunctionAt> LazyCode::find(u64 pc) const {
  u64 offset = pc - reinterpret_cast<u64>(base_);
  if (offset >= reserved_) return std::nullopt;
  const FunctionTable* table = pages_[offset / platform::page_size()].load(std::memory_order_acquire);
  if (!table) return std::nullopt;
  return table->find(pc);
}

const void* lazy_function() {
  constexpr auto compile = [](InstanceHeader* header, const void** slot) -> const void* {
    Instance& instance = Instance::of(header);
    const void* body = instance.module().lazy().compile(slot);
    if (!body) instance.store().raise(TrapCode::OutOfMemory);
    return body;
  };
  return reinterpret_cast<const void*>(+compile);
}

}  // namespace skerry::runtime
