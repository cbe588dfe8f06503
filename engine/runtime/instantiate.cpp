// Instantiation (Core 4.5.4), in the specification's order:
//
//   imports are matched             else an Error, and nothing happened
//   entities are allocated          else an Error, and all is taken back
//   globals are evaluated
//   active element segments, then active data segments are copied, then dropped
//   the start function runs         else a Trap
//
// A segment that does not fit is a Trap; what was written before it stays. The instance then
// stays in the store as well if anything of it may have got out: its functions into an imported
// table, or anything at all through the start function. Otherwise all is taken back.

#include <cstring>

#include "base/string.h"
#include "engine/runtime/const_expr.h"
#include "engine/runtime/extern_types.h"
#include "engine/runtime/instance_pre.h"

namespace skerry::runtime {
namespace {

struct InInstance {
  const Instance& instance;
  std::optional<u64> global(GlobalIndex global) const { return instance.global_cell(global).bits; }
  std::optional<u64> func(FuncIndex function) const { return instance.handle(function); }
};

}  // namespace

class Instantiation {
 public:
  // With a `pre`, the imports are its values, which match.
  Instantiation(Store& store, std::shared_ptr<CompiledModule> module, std::span<const ExternValue> imports,
                std::shared_ptr<const InstancePre> pre)
      : store_(store), compiled_(*module), module_(module->module()), imports_(imports), mark_(store.mark()),
        owned_(new Instance(store, std::move(module))), instance_(*owned_) {
    instance_.pre_ = std::move(pre);
  }

  Result<Instance*, InstantiationError> run() {
    if (!instance_.pre_) {
      if (auto matched = match(); !matched) return failed(std::move(matched.error()));
    }
    if (auto allocated = allocate(); !allocated) return failed(std::move(allocated.error()));
    evaluate_globals();
    if (!copy_elems()) {
      // No data segment had its turn, and nobody may see one applied.
      clear_images();
      return trapped(TrapCode::TableOutOfBounds);
    }
    if (!copy_datas()) return trapped(TrapCode::MemoryOutOfBounds);
    if (!module_.start.is_none()) {
      FuncRecord& start = store_.function(instance_.handle(module_.start));
      if (!store_.enter(&start, store_.engine().signatures().stubs(start.signature).enter, no_values_)) {
        return fail(InstantiationError(store_.take_trap()));
      }
    }
    return &instance_;
  }

 private:
  Failure<InstantiationError> failed(Error error) {
    store_.forget_since(mark_);
    return fail(InstantiationError(std::move(error)));
  }
  Failure<InstantiationError> trapped(TrapCode code) {
    if (module_.imported_tables == 0) store_.forget_since(mark_);
    return fail(InstantiationError(Trap(code)));
  }

  Result<void> match() {
    if (imports_.size() != module_.imports.size()) {
      return fail(ErrorCode::Link,
                  concat("the module has ", module_.imports.size(), " imports, and ", imports_.size(), " were given"));
    }
    for (usize i = 0; i < imports_.size(); ++i) {
      if (auto why = mismatch(compiled_, module_.imports[i], imports_[i])) {
        return fail(ErrorCode::Link, concat("incompatible import type: ", *why));
      }
    }
    return {};
  }

  Result<void> allocate() {
    const InstanceLayout& layout = compiled_.layout();
    InstanceHeader* header = instance_.header_;
    instance_.memories_.reserve(module_.memories.size());
    instance_.tables_.reserve(module_.tables.size());
    instance_.globals_.resize(module_.globals.size());
    instance_.dropped_datas_.resize(module_.datas.size());
    instance_.dropped_elems_.resize(module_.elems.size());
    auto signatures = compiled_.signatures();
    std::copy(signatures.begin(), signatures.end(), instance_.at<u32>(layout.signatures));

    u32 func = 0, global = 0;
    for (const ExternValue& import : imports_) {
      if (auto* f = std::get_if<FuncRecord*>(&import))
        *instance_.at<FuncRecord*>(layout.imported_function(FuncIndex(func++))) = *f;
      if (auto* t = std::get_if<Table*>(&import)) instance_.tables_.push_back(*t);
      if (auto* m = std::get_if<Memory*>(&import)) instance_.memories_.push_back(*m);
      if (auto* g = std::get_if<Global*>(&import)) {
        *instance_.at<GlobalCell*>(layout.imported_global(GlobalIndex(global))) = (*g)->cell;
        instance_.globals_[global++] = *g;
      }
    }
    TRY(store_.add_instance(std::move(owned_)));
    header->function_handles = TRY(store_.allocate_handles(instance_, module_.functions.size()));
    for (MemoryIndex m(module_.imported_memories); m < module_.memories.end_key(); m = m.next()) {
      instance_.memories_.push_back(TRY(store_.add_memory(module_.memories[m], compiled_.image(m))));
    }
    for (TableIndex t(module_.imported_tables); t < module_.tables.end_key(); t = t.next()) {
      instance_.tables_.push_back(TRY(store_.add_table(module_.tables[t].type, module_.is_private(t) ? header : nullptr)));
    }
    for (u32 i = 0; i < instance_.memories_.size(); ++i) {
      MemoryRecord& record = instance_.memories_[i]->record;
      *instance_.at<MemoryRef>(layout.memory(MemoryIndex(i))) = {record.base, &record};
    }
    for (u32 i = 0; i < instance_.tables_.size(); ++i) {
      TableRecord& record = instance_.tables_[i]->record;
      *instance_.at<TableRef>(layout.table(TableIndex(i))) = {record.base, &record};
    }
    if (!instance_.memories_.empty()) header->memory_base = instance_.memories_[0]->record.base;
    return {};
  }

  void evaluate_globals() {
    for (GlobalIndex g(module_.imported_globals); g < module_.globals.end_key(); g = g.next()) {
      instance_.global_cell(g).bits = *evaluate(module_, module_.globals[g].init, InInstance{instance_});
    }
  }

  bool copy_elems() {
    for (ElemIndex e(0); e < module_.elems.end_key(); e = e.next()) {
      const wasm::Elem& elem = module_.elems[e];
      if (elem.mode == wasm::SegmentMode::Passive) continue;
      if (elem.mode == wasm::SegmentMode::Active) {
        u32 offset = u32(*evaluate(module_, elem.offset, InInstance{instance_}));
        if (!instance_.init_table(elem.table, e, offset, 0, elem.size())) return false;
      }
      instance_.drop_elem(e);
    }
    return true;
  }

  bool copy_datas() {
    for (DataIndex d(0); d < module_.datas.end_key(); d = d.next()) {
      const wasm::Data& data = module_.datas[d];
      if (data.mode != wasm::SegmentMode::Active) continue;
      if (d.raw() >= compiled_.data_in_images()) {
        MemoryRecord& memory = instance_.memories_[data.memory.raw()]->record;
        u32 offset = u32(*evaluate(module_, data.offset, InInstance{instance_}));
        if (offset > memory.size || data.bytes.size > memory.size - offset) return false;
        if (data.bytes.size != 0) std::memcpy(memory.base + offset, module_.slice(data.bytes).data(), data.bytes.size);
      }
      instance_.drop_data(d);
    }
    return true;
  }

  void clear_images() {
    for (MemoryIndex m(module_.imported_memories); m < module_.memories.end_key(); m = m.next()) {
      MemoryRecord& memory = instance_.memories_[m.raw()]->record;
      if (const auto& image = compiled_.image(m)) std::memset(memory.base + image->offset, 0, image->size);
    }
  }

  Store& store_;
  CompiledModule& compiled_;
  const wasm::Module& module_;
  std::span<const ExternValue> imports_;
  const Store::Mark mark_;
  std::unique_ptr<Instance> owned_;  // until the store owns it
  Instance& instance_;
  u64 no_values_[1] = {};
};

namespace {

Failure<InstantiationError> of_another_engine() {
  return fail(InstantiationError(
      Error{ErrorCode::Argument, Error::no_offset, "the module and the store are of different engines"}));
}

Result<void, InstantiationError> has_memory_for(const CompiledModule& module) {
  const wasm::Module& m = module.module();
  constexpr u64 per_entity = 128;  // more than any but tables, which see to themselves, takes of the heap
  u64 entities = u64{m.globals.size()} + m.memories.size() + m.tables.size() + m.datas.size() + m.elems.size();
  if (platform::available_memory() >= module.layout().size + entities * per_entity) return {};
  return fail(InstantiationError(
      Error{ErrorCode::Environment, Error::no_offset, "there is not enough memory for the instance"}));
}

}  // namespace

Result<Instance*, InstantiationError> Instance::create(Store& store, std::shared_ptr<CompiledModule> module,
                                                       std::span<const ExternValue> imports) {
  if (&module->engine() != &store.engine()) return of_another_engine();
  TRY(has_memory_for(*module));
  return Instantiation(store, std::move(module), imports, nullptr).run();
}

Result<Instance*, InstantiationError> Instance::create(Store& store, std::shared_ptr<const InstancePre> pre) {
  if (&pre->module()->engine() != &store.engine()) return of_another_engine();
  TRY(has_memory_for(*pre->module()));
  auto imports = pre->values(store);
  if (!imports) return fail(InstantiationError(std::move(imports.error())));
  return Instantiation(store, pre->module(), *imports, pre).run();
}

}  // namespace skerry::runtime
