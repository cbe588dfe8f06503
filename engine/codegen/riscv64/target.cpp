#include "engine/codegen/riscv64/target.h"

#include "engine/codegen/allocate.h"
#include "engine/codegen/riscv64/emit.h"
#include "engine/codegen/riscv64/select.h"

namespace skerry::riscv64 {

namespace {

std::string_view register_name(u32 reg) {
  return codegen::class_of(reg) == codegen::RegClass::Int ? name(Gpr(reg))
                                                          : name(Fpr(reg - codegen::float_register_base));
}

struct Riscv64Scratch : codegen::Scratch {
  explicit Riscv64Scratch(CpuFeatures cpu) : emitter(cpu) {}
  codegen::VCode code;
  codegen::Liveness liveness;
  codegen::AllocateScratch allocating;
  codegen::Allocation allocation;
  codegen::SelectionScratch selection;
  ir::Ranges ranges;
  Emitter emitter;

  codegen::FrameView frame() const override { return {code, liveness, allocation}; }
  std::vector<codegen::ListedInst> listing() const override {
    return codegen::list(code, vop_table, allocation, register_name);
  }
};

class Riscv64Target : public codegen::Target {
 public:
  explicit Riscv64Target(CpuFeatures cpu) : cpu_(cpu) {}

  std::string_view name() const override { return "riscv64"; }
  std::string cpu_names() const override { return print_cpu(cpu_); }
  bool has_memory_base_register() const override { return true; }
  bool has_conditional_moves() const override { return false; }
  std::vector<codegen::RuleName> rules() const override { return Isa::rules().names(); }
  std::unique_ptr<codegen::Scratch> make_scratch() const override { return std::make_unique<Riscv64Scratch>(cpu_); }

  void compile(const codegen::ModuleContext& context, const ir::Function& function, codegen::Scratch& scratch,
               codegen::CompiledFunction& out) const override {
    Riscv64Scratch& s = static_cast<Riscv64Scratch&>(scratch);
    bool is_best = context.settings.allocator == codegen::Allocator::Ranges;
    if (is_best) s.ranges.find(function);
    Lower(context, cpu_, s.selection, s.fired, is_best ? &s.ranges : nullptr).run(function, s.code, s.liveness);
    codegen::allocate(context.settings, function, s.code, vop_table, register_file, s.liveness, s.allocating, s.allocation);
    s.emitter.run(context, function, s.code, s.allocation, out);
  }

  u32 add_stub(codegen::StubKind kind, const FuncType* type, const void* address, Array<u8>& code) const override {
    return riscv64::add_stub(cpu_, kind, type, address, code);
  }

  // A module's code is one region below 2 GiB.
  void relocate(u8* code, u64 code_address, const codegen::Relocation& relocation, u64 value) const override {
    CodeBuffer::set_distance(code + relocation.offset, i64(value - (code_address + relocation.offset)));
  }

 private:
  CpuFeatures cpu_;
};

}  // namespace

std::unique_ptr<codegen::Target> make_target(CpuFeatures cpu) { return std::make_unique<Riscv64Target>(cpu); }

}  // namespace skerry::riscv64
