// runtime::Instance: a module instance (Core 4.2.5): the memory that compiled code has in its
// instance register, and beside it what only the runtime needs.

#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "base/bitset.h"
#include "engine/runtime/compiled_module.h"
#include "engine/runtime/store.h"

namespace skerry::runtime {

// What is imported or exported, in the order of ExternKind.
using ExternValue = std::variant<FuncRecord*, Table*, Memory*, Global*>;

class InstancePre;

class Instance {
 public:
  // Allocates and initialises (4.5.4); instantiate.cpp says what remains after a failure.
  static Result<Instance*, InstantiationError> create(Store& store, std::shared_ptr<CompiledModule> module,
                                                      std::span<const ExternValue> imports);
  static Result<Instance*, InstantiationError> create(Store& store, std::shared_ptr<const InstancePre> pre);
  ~Instance();

  // Of the header in compiled code's instance register.
  static Instance& of(InstanceHeader* header) { return *static_cast<Instance*>(header->owner); }

  Store& store() const { return store_; }
  CompiledModule& module() const { return *module_; }
  const std::shared_ptr<CompiledModule>& shared_module() const { return module_; }
  InstanceHeader* header() const { return header_; }

  // By index of the module's index spaces.
  u32 handle(FuncIndex function) const { return header_->function_handles + function.raw(); }
  Memory& memory(MemoryIndex memory) const { return *memories_[memory.raw()]; }
  Table& table(TableIndex table) const { return *tables_[table.raw()]; }
  GlobalCell& global_cell(GlobalIndex global) const;
  // As an entity of its own, for handles and imports.
  Global* global(GlobalIndex global);
  ExternValue extern_value(ExternKind kind, u32 index);

  // Writes the record of one of its handles.
  void write_record(FuncRecord& record, u32 handle);
  // Callers of a function of its own may go to this code from now on. For the thread that runs the store. Those who
  // hold the function beyond the first elements of its tables, or in other instances, keep what they have.
  void set_code(FuncIndex function, const void* code);

  // Segments: what memory.init and table.init copy from; none once dropped.
  std::span<const u8> data(DataIndex data) const;
  u32 elem_size(ElemIndex elem) const;
  // Element i of a segment that is not dropped, as a reference.
  u32 elem_reference(ElemIndex elem, u32 i) const;
  void drop_data(DataIndex data) { dropped_datas_.insert(data.raw()); }
  void drop_elem(ElemIndex elem) { dropped_elems_.insert(elem.raw()); }

  // table.init and memory.init with bounds checks. False: out of bounds, and nothing was written.
  bool init_table(TableIndex table, ElemIndex elem, u64 destination, u64 source, u64 count);

 private:
  friend class Instantiation;
  Instance(Store& store, std::shared_ptr<CompiledModule> module);

  template <class T>
  T* at(u32 offset) const {
    return reinterpret_cast<T*>(reinterpret_cast<u8*>(header_) + offset);
  }

  Store& store_;
  const std::shared_ptr<CompiledModule> module_;
  std::shared_ptr<const InstancePre> pre_;  // whose records its imports refer to
  InstanceHeader* header_;
  Array<Memory*> memories_;
  Array<Table*> tables_;
  Array<Global*> globals_;  // imports; own ones once somebody asked, else null
  BitSet dropped_datas_, dropped_elems_;
};

}  // namespace skerry::runtime
