#include "engine/runtime/instance.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "engine/runtime/const_expr.h"

namespace skerry::runtime {

constexpr std::align_val_t header_alignment{16};
constexpr u32 most_elements = 16 * 1024;  // of all tables, in which set_code looks for a function

Instance::Instance(Store& store, std::shared_ptr<CompiledModule> module) : store_(store), module_(std::move(module)) {
  u32 size = module_->layout().size;
  void* memory = ::operator new(size, header_alignment);
  std::memset(memory, 0, size);
  header_ = static_cast<InstanceHeader*>(memory);
  header_->store = &store.state();
  header_->builtins = store.engine().builtins();
  header_->owner = this;
}

Instance::~Instance() { ::operator delete(header_, header_alignment); }

GlobalCell& Instance::global_cell(GlobalIndex global) const {
  const InstanceLayout& layout = module_->layout();
  if (layout.is_imported(global)) return **at<GlobalCell*>(layout.imported_global(global));
  return *at<GlobalCell>(layout.global(global));
}

Global* Instance::global(GlobalIndex index) {
  Global*& global = globals_[index.raw()];
  if (!global) global = store_.add_global(module_->module().globals[index].type, &global_cell(index), 0);
  return global;
}

ExternValue Instance::extern_value(ExternKind kind, u32 index) {
  switch (kind) {
    case ExternKind::Func: return &store_.function(handle(FuncIndex(index)));
    case ExternKind::Table: return tables_[index];
    case ExternKind::Memory: return memories_[index];
    case ExternKind::Global: return global(GlobalIndex(index));
    case ExternKind::Tag: break;
  }
  UNREACHABLE("an export of a kind that is not implemented");
}

void Instance::write_record(FuncRecord& record, u32 handle) {
  FuncIndex function(handle - header_->function_handles);
  if (module_->module().is_imported(function)) {
    record = **at<FuncRecord*>(module_->layout().imported_function(function));
    record.handle = handle;
    if (record.host_function) record.instance = &store_.host_instance();  // it may be of no store (instance_pre.h)
    return;
  }
  record = {
      .code = module_->entry(function),
      .instance = header_,
      .far_code = module_->bridge(function),
      .host_function = nullptr,
      .host_environment = nullptr,
      .signature = module_->signature(function),
      .handle = handle,
  };
}

void Instance::set_code(FuncIndex function, const void* code) {
  u32 wanted = handle(function), left = most_elements;
  store_.set_code(wanted, code);
  for (Table* table : tables_) {
    u32 count = std::min(table->record.length, left);
    left -= count;
    for (TableEntry& entry : std::span(table->record.base, count))
      if (entry.handle == wanted && entry.instance == header_) entry.code = code;
  }
}

std::span<const u8> Instance::data(DataIndex data) const {
  if (dropped_datas_.contains(data.raw())) return {};
  return module_->module().slice(module_->module().datas[data].bytes);
}

u32 Instance::elem_size(ElemIndex elem) const {
  return dropped_elems_.contains(elem.raw()) ? 0 : module_->module().elems[elem].size();
}

namespace {

// What constant expressions see of an instance.
struct InInstance {
  const Instance& instance;
  std::optional<u64> global(GlobalIndex global) const { return instance.global_cell(global).bits; }
  std::optional<u64> func(FuncIndex function) const { return instance.handle(function); }
};

}  // namespace

// Elements are evaluated when they are copied. That is as good as at instantiation, since they
// may use only imported globals that never change, and functions.
u32 Instance::elem_reference(ElemIndex index, u32 i) const {
  const wasm::Elem& elem = module_->module().elems[index];
  if (!elem.functions.empty()) return handle(elem.functions[i]);
  return u32(*evaluate(module_->module(), elem.expressions[i], InInstance{*this}));
}

bool Instance::init_table(TableIndex to, ElemIndex from, u64 destination, u64 source, u64 count) {
  Table& table = *tables_[to.raw()];
  u32 size = elem_size(from);
  if (source > size || count > size - source) return false;
  if (destination > table.record.length || count > table.record.length - destination) return false;
  TableEntry* entries = table.record.base + destination;
  for (u64 i = 0; i < count; ++i) entries[i] = table.entry(elem_reference(from, u32(source + i)));
  return true;
}

}  // namespace skerry::runtime
