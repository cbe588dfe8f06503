#include "tests/isas/machine.h"

#include <string.h>
#include <sys/mman.h>

#include <algorithm>

namespace skerry::tests {

namespace {

constexpr usize code_bytes = 256 * MiB;
constexpr usize stack_bytes = 4 * MiB;

u8* map(usize bytes, int protection) {
  void* at = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(at != MAP_FAILED);
  return static_cast<u8*>(at);
}

}  // namespace

// What compiled code calls by itself (abi/builtins.def), over the Machine's own records.
struct Machine::Builtins {
  using Header = InstanceHeader;

  static Machine& machine(Header* header) { return *static_cast<Machine*>(header->owner); }
  static void trap(Header* header, TrapCode code) { header->store->pending_trap = u32(code) + 1; }
  static bool inside(u64 at, u64 count, u64 size) { return at + count <= size; }

  static u32 MemoryGrow(Header* header, u32 index, u32 pages) {
    Machine& m = machine(header);
    MemoryRecord& memory = m.memories_[MemoryIndex(index)];
    u64 maximum = std::min<u64>(m.program_.module.memories[MemoryIndex(index)].limits.max.value_or(65'536),
        oracle::Limits{}.memory_pages);
    u64 old = memory.size / page_size;
    if (old + pages > maximum) return ~u32{0};
    memory.size += pages * page_size;
    return u32(old);
  }
  static void MemoryInit(Header* header, u32 index, u32 data, u32 to, u32 from, u32 count) {
    Machine& m = machine(header);
    const MemoryRecord& memory = m.memories_[MemoryIndex(index)];
    std::span<const u8> bytes = m.datas_[DataIndex(data)];
    if (!inside(to, count, memory.size) || !inside(from, count, bytes.size())) return trap(header,
        TrapCode::MemoryOutOfBounds);
    if (count) memcpy(memory.base + to, bytes.data() + from, count);
  }
  static void DataDrop(Header* header, u32 data) { machine(header).datas_[DataIndex(data)] = {}; }
  static void MemoryCopy(Header* header, u32 index_to, u32 index_from, u32 to, u32 from, u32 count) {
    Machine& m = machine(header);
    const MemoryRecord &target = m.memories_[MemoryIndex(index_to)], &source = m.memories_[MemoryIndex(index_from)];
    if (!inside(to, count, target.size) || !inside(from, count, source.size)) return trap(header,
        TrapCode::MemoryOutOfBounds);
    memmove(target.base + to, source.base + from, count);
  }
  static void MemoryFill(Header* header, u32 index, u32 to, u32 value, u32 count) {
    const MemoryRecord& memory = machine(header).memories_[MemoryIndex(index)];
    if (!inside(to, count, memory.size)) return trap(header, TrapCode::MemoryOutOfBounds);
    memset(memory.base + to, int(u8(value)), count);
  }
  static void TableSet(Header* header, u32 index, u32 at, u32 value) { TableFill(header, index, at, value, 1); }
  static u32 TableGrow(Header* header, u32 index, u32 value, u32 count) {
    TableRecord& table = machine(header).tables_[TableIndex(index)];
    u32 old = table.length;
    if (u64{old} + count > table.maximum) return ~u32{0};
    table.length += count;
    TableFill(header, index, old, value, count);
    return old;
  }
  static void TableFill(Header* header, u32 index, u32 at, u32 value, u32 count) {
    Machine& m = machine(header);
    const TableRecord& table = m.tables_[TableIndex(index)];
    if (!inside(at, count, table.length)) return trap(header, TrapCode::TableOutOfBounds);
    std::fill_n(table.base + at, count, m.entry(value, m.program_.module.tables[TableIndex(index)].type.element));
  }
  static void TableInit(Header* header, u32 index, u32 elem, u32 to, u32 from, u32 count) {
    Machine& m = machine(header);
    const TableRecord& table = m.tables_[TableIndex(index)];
    const std::vector<u32>& references = m.elems_[ElemIndex(elem)];
    if (!inside(to, count, table.length) || !inside(from, count, references.size())) return trap(header,
        TrapCode::TableOutOfBounds);
    ValueType element = m.program_.module.tables[TableIndex(index)].type.element;
    for (u32 i = 0; i < count; ++i) table.base[to + i] = m.entry(references[from + i], element);
  }
  static void ElemDrop(Header* header, u32 elem) { machine(header).elems_[ElemIndex(elem)].clear(); }
  static void TableCopy(Header* header, u32 index_to, u32 index_from, u32 to, u32 from, u32 count) {
    Machine& m = machine(header);
    const TableRecord &target = m.tables_[TableIndex(index_to)], &source = m.tables_[TableIndex(index_from)];
    if (!inside(to, count, target.length) || !inside(from, count, source.length)) return trap(header,
        TrapCode::TableOutOfBounds);
    memmove(target.base + to, source.base + from, count * sizeof(TableEntry));
  }
};

Machine::Machine(const oracle::Program& program, const TestTarget& target, const oracle::Instance* initial)
    : Machine(program, target, initial, Options{}) {}

Machine::Machine(const oracle::Program& program, const TestTarget& target, const oracle::Instance* initial, Options options)
    : program_(program), layout_(InstanceLayout::of(program.module)), target_(target.make()) {
  CHECK(program.module.imports.empty());
  code_ = code_end_ = reserve(code_bytes);
  CHECK(mprotect(code_, code_bytes, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
  if (initial && !initial->functions.empty()) function_handles_ = initial->functions[FuncIndex(0)];

  codegen::Settings settings;
  settings.bounds = BoundsPlan::checked(oracle::Limits{}.memory_pages * page_size);
  settings.traps = codegen::TrapStyle::Call;
  settings.memory_base_register = options.memory_base_register;
  settings.fuel = options.fuel;
  settings.allocator = options.allocator;
  settings.check_allocation = true;
  make_builtins();
  compile(settings);
  make_instance(initial);
}

Machine::~Machine() {
  for (std::span<u8> region : reserved_) munmap(region.data(), region.size());
}

u8* Machine::reserve(u64 bytes) {
  bytes = align_up(std::max<u64>(bytes, 1), 4096);
  u8* at = map(bytes, PROT_READ | PROT_WRITE);
  reserved_.push_back({at, bytes});
  return at;
}

u8* Machine::place_stub(codegen::StubKind kind, const FuncType* type, const void* address) {
  Array<u8> code;
  CHECK(target_->add_stub(kind, type, address, code) == 0);
  return place(code);
}

u8* Machine::place(std::span<const u8> code) {
  u8* at = code_end_;
  CHECK(at + code.size() + 16 < code_ + code_bytes);
  memcpy(at, code.data(), code.size());
  __builtin___clear_cache(reinterpret_cast<char*>(at), reinterpret_cast<char*>(at + code.size()));
  code_end_ += align_up(code.size(), 16);
  return at;
}

void Machine::make_builtins() {
  builtins_.resize(builtin_slots);
  auto add = [&](Builtin builtin, const void* function) {
    FuncType type;
    std::string_view signature = info(builtin).signature;
    bool result = false;
    for (char letter : signature) {
      if (letter == ':') result = true;
      else (result ? type.results : type.params).push_back(letter == 'r' ? ValueType::FuncRef : letter == 'l'
          ? ValueType::I64 : ValueType::I32);
    }
    builtins_[builtin_slot(builtin)] = place_stub(codegen::StubKind::CallBuiltin, &type, function);
  };
#define BUILTIN(name, signature) add(Builtin::name, reinterpret_cast<const void*>(&Builtins::name));
#include "engine/abi/builtins.def"
#undef BUILTIN
  builtins_[builtin_slot(RuntimeStub::Unwind)] = place_stub(codegen::StubKind::Unwind, nullptr, nullptr);
  builtins_[builtin_slot(RuntimeStub::Leave)] = builtins_[builtin_slot(RuntimeStub::Unwind)];
  builtins_[builtin_slot(RuntimeStub::FarEntry)] = place_stub(codegen::StubKind::FarEntry, nullptr, nullptr);
  builtins_[builtin_slot(RuntimeStub::TailReturn)] = place_stub(codegen::StubKind::TailReturn, nullptr, nullptr);
}

void Machine::compile(codegen::Settings settings) {
  codegen::ModuleContext context{program_.module, layout_, settings};
  auto scratch = target_->make_scratch();
  codegen::CompiledFunction compiled;
  std::vector<codegen::Relocation> relocations;
  std::vector<u8*> bases;
  for (const ir::Function& function : program_.functions) {
    target_->compile(context, function, *scratch, compiled);
    u8* base = place(compiled.code);
    functions_.push(base);
    for (const codegen::Relocation& relocation : compiled.relocations) {
      relocations.push_back(relocation);
      bases.push_back(base);
    }
  }
  for (usize i = 0; i < relocations.size(); ++i)
    target_->relocate(bases[i], u64(bases[i]), relocations[i], u64(functions_[relocations[i].function]));
}

void Machine::make_instance(const oracle::Instance* initial) {
  const wasm::Module& module = program_.module;
  instance_.resize(layout_.size / 8 + 2);
  for (TypeIndex i(0); i < module.types.end_key(); i = i.next()) {
    u32 id = 1;  // the first of the equal ones
    while (module.types[TypeIndex(id - 1)] != module.types[i]) ++id;
    memcpy(instance_bytes() + layout_.signature(i), &id, sizeof id);
  }
  for (MemoryIndex i(0); i < module.memories.end_key(); i = i.next()) {
    const Limits& limits = module.memories[i].limits;
    u64 maximum = std::max<u64>(limits.min, std::min<u64>(limits.max.value_or(65'536), oracle::Limits{}.memory_pages));
    memories_.push({reserve(maximum * page_size), limits.min * page_size});
  }
  for (TableIndex i(0); i < module.tables.end_key(); i = i.next()) {
    const Limits& limits = module.tables[i].type.limits;
    u64 maximum = std::max<u64>(limits.min, std::min<u64>(limits.max.value_or(~u32{0}),
        oracle::Limits{}.table_elements));
    TableEntry* base = reinterpret_cast<TableEntry*>(reserve((maximum + 1) * sizeof(TableEntry)));
    base[maximum] = end_of_table;
    tables_.push({base, u32(limits.min), u32(maximum)});
  }

  InstanceHeader header{};
  header.store = &state_;
  header.builtins = builtins_.data();
  header.memory_base = memories_.empty() ? nullptr : memories_[MemoryIndex(0)].base;
  header.function_handles = function_handles_;
  header.owner = this;
  memcpy(instance_bytes(), &header, sizeof header);
  for (MemoryIndex i(0); i < memories_.end_key(); i = i.next()) {
    MemoryRef ref{memories_[i].base, &memories_[i]};
    memcpy(instance_bytes() + layout_.memory(i), &ref, sizeof ref);
  }
  for (TableIndex i(0); i < tables_.end_key(); i = i.next()) {
    TableRef ref{tables_[i].base, &tables_[i]};
    memcpy(instance_bytes() + layout_.table(i), &ref, sizeof ref);
  }
  if (!initial) return;

  for (MemoryIndex i(0); i < memories_.end_key(); i = i.next()) {
    const std::vector<u8>& bytes = initial->memories[i]->bytes;
    memories_[i].size = bytes.size();
    std::copy(bytes.begin(), bytes.end(), memories_[i].base);
  }
  for (TableIndex i(0); i < tables_.end_key(); i = i.next()) {
    const std::vector<u32>& elements = initial->tables[i]->elements;
    tables_[i].length = u32(elements.size());
    for (usize k = 0; k < elements.size(); ++k) tables_[i].base[k] = entry(elements[k], module.tables[i].type.element);
  }
  for (GlobalIndex i(0); i < module.globals.end_key(); i = i.next())
    memcpy(instance_bytes() + layout_.global(i), &initial->globals[i]->bits, sizeof(u64));
  elems_ = initial->elems;
  datas_ = initial->datas;
}

TableEntry Machine::entry(u32 handle, ValueType element) {
  TableEntry made{};
  made.handle = handle;
  if (element != ValueType::FuncRef || handle == 0) return made;
  FuncIndex function(handle - function_handles_);
  made.code = functions_[function];
  made.instance = reinterpret_cast<InstanceHeader*>(instance_bytes());
  memcpy(&made.signature, instance_bytes() + layout_.signature(program_.module.functions[function].type),
      sizeof made.signature);
  return made;
}

u64 Machine::global(GlobalIndex i) {
  u64 bits;
  memcpy(&bits, instance_bytes() + layout_.global(i), sizeof bits);
  return bits;
}

// Made once for each type: new code is dear under an emulator, which has to translate it.
Machine::Enter Machine::enter_of(const FuncType& type) {
  for (auto& [known, enter] : enters_)
    if (known == &type) return enter;
  auto enter = reinterpret_cast<Enter>(place_stub(codegen::StubKind::Enter, &type, nullptr));
  enters_.push_back({&type, enter});
  return enter;
}

oracle::Outcome Machine::invoke(std::string_view exported, std::span<const u64> arguments) {
  const wasm::Module& module = program_.module;
  for (const wasm::Export& item : module.exports) {
    if (item.kind != ExternKind::Func || item.name != exported) continue;
    FuncIndex index(item.index);
    const FuncType& type = module.type_of(index);
    Enter enter = enter_of(type);
    FuncRecord record{};
    record.code = functions_[index];
    record.instance = reinterpret_cast<InstanceHeader*>(instance_.data());
    std::vector<u64> values(std::max(type.params.size(), type.results.size()) + 1);
    std::copy(arguments.begin(), arguments.end(), values.begin());
    state_.stack_limit = u64(__builtin_frame_address(0)) - stack_bytes;
    state_.pending_trap = 0;
    u32 code = enter(&state_, &record, values.data());
    if (code != 0) return oracle::Outcome::trapped(TrapCode(code - 1));
    values.resize(type.results.size());
    return {oracle::Outcome::Kind::Returned, TrapCode::Unreachable, values};
  }
  UNREACHABLE("no such export");
}

}  // namespace skerry::tests
