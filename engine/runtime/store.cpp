#include "engine/runtime/store.h"

#include <algorithm>

#include "base/string.h"
#include "engine/runtime/compiled_module.h"
#include "engine/runtime/instance.h"
#include "engine/wasm/limits.h"

namespace skerry::runtime {

Store::Store(std::shared_ptr<Engine> engine, const StoreLimits& limits, Space space)
    : engine_(std::move(engine)), limits_(limits), link_(std::make_shared<StoreLink>()),
      records_(engine_->func_record_spaces(), space) {
  link_->store = this;
  link_->interruptible = this;
  state_.functions = records_.base();
  state_.store = this;
  host_instance_.store = &state_;
  host_instance_.builtins = engine_->builtins();
}

Result<std::unique_ptr<Store>> Store::create(std::shared_ptr<Engine> engine, const StoreLimits& limits) {
  if (!engine->runs_here()) {
    return fail(ErrorCode::Unsupported, concat("the engine makes code for ", engine->target().name(), " ",
                                               engine->target().cpu_names(), ", which does not run here"));
  }
  Space space = TRY(engine->func_record_spaces().take());
  return std::unique_ptr<Store>(new Store(std::move(engine), limits, space));
}

Store::~Store() {
  CHECK(!state_.activation);  // no guest of the store runs
  {
    platform::MutexGuard guard(link_->mutex);
    link_->interruptible = nullptr;
  }
  link_->store = nullptr;
  // Values of the host's may refer to the store, whose handles are refused from here on.
  set_data({});
  externs_.clear();
  for (HostFunctionData& function : host_functions_) {
    function.environment = nullptr;
    engine_->signatures().release(function.signature);
  }
  for (auto& memory : memories_) release(*memory);
  for (auto& table : tables_) release(*table);
  instances_.clear();
}

Instance* Store::instance_of(u32 handle) const {
  auto after = std::ranges::upper_bound(instances_by_handle_, handle, {}, &Handles::first);
  if (after == instances_by_handle_.begin()) return nullptr;
  const Handles& run = after[-1];
  return handle - run.first < run.count ? run.instance : nullptr;
}

FuncRecord& Store::function(u32 handle) {
  Instance* instance = instance_of(handle);
  if (!instance) return records_[handle];
  auto [place, is_new] = asked_for_.try_emplace(handle);
  if (is_new) instance->write_record(place->second, handle);
  return place->second;
}

void Store::set_code(u32 handle, const void* code) {
  if (FuncRecord* record = records_.written(handle)) record->code = code;
  if (auto asked = asked_for_.find(handle); asked != asked_for_.end()) asked->second.code = code;
}

Result<u32> Store::add_host_function(const detail::HostFunction& function) {
  Signatures& signatures = engine_->signatures();
  u32 signature = TRY(signatures.acquire(function.type));
  auto give_up = [&](auto failure) {
    signatures.release(signature);
    return failure;
  };
  WantedStubs wanted{.id = signature, .call_host = !function.takes_array, .call_host_array = function.takes_array};
  auto made = signatures.make_stubs({&wanted, 1});
  if (!made) return give_up(made.take_failure());
  auto handle = records_.allocate(1);
  if (!handle) return give_up(handle.take_failure());
  Stubs stubs = signatures.stubs(signature);
  records_[*handle] = {
      .code = nullptr,
      .instance = &host_instance_,
      .far_code = function.takes_array ? stubs.call_host_array : stubs.call_host,
      .host_function = function.code,
      .host_environment = function.environment.get(),
      .signature = signature,
      .handle = *handle,
  };
  host_functions_.push_back({signature, function.environment});
  return *handle;
}

TableEntry Store::entry_of(ValueType type, u32 handle) {
  if (handle == 0) return {};
  if (type == ValueType::ExternRef) return {.handle = handle};
  FuncRecord& record = records_[handle];
  if (record.handle == 0) instance_of(handle)->write_record(record, handle);
  return {record.code, record.instance, record.signature, handle};
}

bool Store::take_memory(u64 bytes) {
  if (bytes > limits_.memory_bytes - memory_bytes_) return false;
  memory_bytes_ += bytes;
  return true;
}

bool Store::take_elements(u64 count) {
  if (count > limits_.table_elements - elements_) return false;
  elements_ += count;
  return true;
}

Result<Memory*> Store::add_memory(const MemoryType& type, const std::shared_ptr<const MemoryImage>& image) {
  if (memories_.size() >= limits_.memories) return fail(ErrorCode::Limit, "the store's limit on memories is reached");
  u64 maximum = std::min<u64>(type.limits.max.value_or(limits::memory32_pages), limits::memory32_pages);
  if (type.limits.min > maximum) return fail(ErrorCode::Limit, "the memory is larger than a memory may be");
  u64 bytes = type.limits.min * page_size;
  if (!take_memory(bytes)) {
    return fail(ErrorCode::Limit,
                concat("the store's limit on the bytes of memories (", limits_.memory_bytes, ") is reached"));
  }
  // What the store's limit forbids needs no address space.
  u64 reserved = std::min(maximum, limits_.memory_bytes / page_size);
  auto slot = engine_->memories().acquire(engine_->bounds_plan(reserved), bytes, image);
  if (!slot) {
    memory_bytes_ -= bytes;
    return slot.take_failure();
  }
  auto memory = std::make_unique<Memory>();
  memory->record = {slot->base, bytes};
  memory->type = type;
  memory->slot = *std::move(slot);
  memory->store = this;
  memories_.push_back(std::move(memory));
  return memories_.back().get();
}

void Store::release(Memory& memory) {
  memory_bytes_ -= memory.record.size;
  engine_->memories().release(std::move(memory.slot));
}

std::optional<u64> Memory::grow(u64 more) {
  u64 before = pages();
  if (more == 0) return before;
  u64 maximum = maximum_pages();
  if (before > maximum || more > maximum - before || !store->take_memory(more * page_size)) return std::nullopt;
  u64 size = record.size + more * page_size;
  if (!MemoryPool::grow(slot, size)) {
    store->give_memory(more * page_size);
    return std::nullopt;
  }
  std::atomic_ref(record.size).store(size, std::memory_order_release);
  return before;
}

namespace {

// Tables up to so many elements are on the heap as a whole.
constexpr u64 heap_elements = 1024;

// With room for what stands at the end.
u64 bytes_of_elements(u64 count) { return (count + 1) * sizeof(TableEntry); }

}  // namespace

Result<Table*> Store::add_table(const TableType& type, InstanceHeader* owner) {
  if (tables_.size() >= limits_.tables) return fail(ErrorCode::Limit, "the store's limit on tables is reached");
  u64 maximum = std::min<u64>(type.limits.max.value_or(limits::table_elements), limits::table_elements);
  if (type.limits.min > maximum) return fail(ErrorCode::Limit, "the table is larger than a table may be");
  if (!take_elements(type.limits.min)) {
    return fail(ErrorCode::Limit,
                concat("the store's limit on the elements of tables (", limits_.table_elements, ") is reached"));
  }
  auto table = std::make_unique<Table>();
  table->type = type;
  table->store = this;
  table->owner = owner;
  table->record.length = u32(type.limits.min);
  table->record.maximum = u32(maximum);
  u64 on_heap = bytes_of_elements(maximum);
  if (maximum <= heap_elements && platform::available_memory() < on_heap) {
    elements_ -= type.limits.min;
    return fail(ErrorCode::Environment, "there is not enough memory for the table");
  }
  if (maximum <= heap_elements) {
    table->record.base = new TableEntry[maximum + 1]();
  } else {
    SpacePool& pool = engine_->table_spaces();
    auto give_up = [&](auto failure) {
      elements_ -= type.limits.min;
      return failure;
    };
    auto space = pool.take();
    if (!space) return give_up(space.take_failure());
    table->space = *space;
    auto grown = pool.grow(table->space, bytes_of_elements(type.limits.min));
    if (!grown) {
      pool.give(table->space, 0);
      return give_up(grown.take_failure());
    }
    table->record.base = reinterpret_cast<TableEntry*>(table->space.base);
  }
  if (type.limits.min == maximum) table->record.base[maximum] = end_of_table;
  tables_.push_back(std::move(table));
  return tables_.back().get();
}

void Store::release(Table& table) {
  elements_ -= table.record.length;
  if (table.space.base) engine_->table_spaces().give(table.space, bytes_of_elements(table.record.length));
  else delete[] table.record.base;
}

TableEntry Table::entry(u32 handle) const {
  TableEntry entry = store->entry_of(type.element, handle);
  if (owner && entry.signature != 0 && entry.instance != owner)
    entry.code = owner->builtins[builtin_slot(RuntimeStub::FarEntry)];
  return entry;
}

std::optional<u32> Table::grow(u32 count, const TableEntry& value) {
  u32 before = record.length;
  if (count > record.maximum - before || !store->take_elements(count)) return std::nullopt;
  u64 needed = bytes_of_elements(before + count);
  if (space.base && !store->engine().table_spaces().grow(space, needed)) {
    store->give_elements(count);
    return std::nullopt;
  }
  std::fill_n(record.base + before, count, value);
  record.length = before + count;
  if (record.length == record.maximum) record.base[record.length] = end_of_table;
  return before;
}

Global* Store::add_global(const GlobalType& type, GlobalCell* cell, u64 bits) {
  auto global = std::make_unique<Global>();
  global->type = type;
  global->own.bits = bits;
  global->cell = cell ? cell : &global->own;
  global->store = this;
  globals_.push_back(std::move(global));
  return globals_.back().get();
}

Result<u32> Store::add_extern(detail::AnyData data) {
  if (externs_.size() >= ~u32{0} - 1) return fail(ErrorCode::Limit, "the store holds too many references of the host");
  externs_.push_back(std::move(data));
  return u32(externs_.size());
}

const detail::AnyData* Store::extern_data(u32 handle) const {
  return handle == 0 || handle > externs_.size() ? nullptr : &externs_[handle - 1];
}

Result<Instance*> Store::add_instance(std::unique_ptr<Instance> instance) {
  if (instances_.size() >= limits_.instances)
    return fail(ErrorCode::Limit, "the store's limit on instances is reached");
  instances_.push_back(std::move(instance));
  return instances_.back().get();
}

Store::Mark Store::mark() const {
  return {instances_.size(), memories_.size(), tables_.size(), globals_.size(), records_.end()};
}

void Store::forget_since(const Mark& mark) {
  while (!instances_by_handle_.empty() && instances_by_handle_.back().first >= mark.handles)
    instances_by_handle_.pop_back();
  while (memories_.size() > mark.memories) release(*memories_.back()), memories_.pop_back();
  while (tables_.size() > mark.tables) release(*tables_.back()), tables_.pop_back();
  globals_.resize(mark.globals);
  instances_.resize(mark.instances);
  records_.shrink(mark.handles);
  std::erase_if(asked_for_, [&](const auto& asked) { return asked.first >= mark.handles; });
}

Result<u32> Store::allocate_handles(Instance& instance, u32 count) {
  u32 first = TRY(records_.allocate(count));
  if (count != 0) instances_by_handle_.push_back({first, count, &instance});
  return first;
}

}  // namespace skerry::runtime
