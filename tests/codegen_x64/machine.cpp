#include "tests/codegen_x64/machine.h"

#include <string.h>
#include <sys/mman.h>

#include "engine/codegen/x64/target.h"

namespace skerry::tests {

namespace {

constexpr usize code_bytes = 256 * MiB;
constexpr usize stack_bytes = 512 * KiB;

}  // namespace

Machine::Machine(const oracle::Program& program, x64::CpuFeatures cpu)
    : program_(program), layout_(InstanceLayout::of(program.module)), target_(x64::make_target(cpu)) {
  const wasm::Module& module = program.module;
  CHECK(module.imports.empty() && module.memories.size() <= 1);
  code_ = code_end_ = static_cast<u8*>(
      mmap(nullptr, code_bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  CHECK(code_ != MAP_FAILED);
  builtins_.resize(builtin_slots);
  builtins_[builtin_slot(RuntimeStub::Unwind)] = place(target_->stub(codegen::StubKind::Unwind, nullptr, nullptr));
  builtins_[builtin_slot(RuntimeStub::TailReturn)] = place(target_->stub(codegen::StubKind::TailReturn, nullptr, nullptr));

  codegen::Settings settings;
  u64 memory_bytes = module.memories.empty() ? 0 : module.memories[MemoryIndex(0)].limits.min * page_size;
  settings.bounds = BoundsPlan::checked(memory_bytes);
  settings.traps = codegen::TrapStyle::Call;
  settings.memory_base_register = false;
  settings.check_allocation = true;
  codegen::ModuleContext context{module, layout_, settings};
  auto scratch = target_->make_scratch();
  codegen::CompiledFunction compiled;
  std::vector<codegen::Relocation> relocations;
  std::vector<u8*> bases;
  for (const ir::Function& function : program.functions) {
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

  memory_.resize(memory_bytes);
  memory_record_ = {memory_.data(), memory_.size()};
  instance_.resize(layout_.size / 8 + 2);
  u8* bytes = reinterpret_cast<u8*>(instance_.data());
  InstanceHeader header{};
  header.store = &state_;
  header.builtins = builtins_.data();
  header.memory_base = memory_.data();
  memcpy(bytes, &header, sizeof header);
  if (memory_bytes) {
    MemoryRef ref{memory_.data(), &memory_record_};
    memcpy(bytes + layout_.memory(MemoryIndex(0)), &ref, sizeof ref);
  }
}

Machine::~Machine() { munmap(code_, code_bytes); }

u8* Machine::place(std::span<const u8> code) {
  u8* at = code_end_;
  CHECK(at + code.size() + 16 < code_ + code_bytes);
  memcpy(at, code.data(), code.size());
  code_end_ += align_up(code.size(), 16);
  return at;
}

oracle::Outcome Machine::invoke(std::string_view exported, std::span<const u64> arguments) {
  const wasm::Module& module = program_.module;
  for (const wasm::Export& item : module.exports) {
    if (item.kind != ExternKind::Func || item.name != exported) continue;
    FuncIndex index(item.index);
    const FuncType& type = module.type_of(index);
    u8* keep = code_end_;
    auto enter = reinterpret_cast<u32 (*)(StoreState*, FuncRecord*, u64*)>(
        place(target_->stub(codegen::StubKind::Enter, &type, nullptr)));
    FuncRecord record{};
    record.code = functions_[index];
    record.instance = reinterpret_cast<InstanceHeader*>(instance_.data());
    std::vector<u64> values(std::max(type.params.size(), type.results.size()) + 1);
    std::copy(arguments.begin(), arguments.end(), values.begin());
    state_.stack_limit = u64(__builtin_frame_address(0)) - stack_bytes;
    u32 code = enter(&state_, &record, values.data());
    code_end_ = keep;
    if (code != 0) return oracle::Outcome::trapped(TrapCode(code - 1));
    values.resize(type.results.size());
    return {oracle::Outcome::Kind::Returned, TrapCode::Unreachable, values};
  }
  UNREACHABLE("no such export");
}

}  // namespace skerry::tests
