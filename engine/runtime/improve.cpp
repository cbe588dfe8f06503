#include "engine/runtime/improve.h"

namespace skerry::runtime {
namespace {

// What compiling a body by the gear best takes, at most, for a byte of it, and besides.
constexpr u64 memory_per_byte = 512;
constexpr u64 memory_per_function = MiB;

}  // namespace

void Improver::release() {
  best_.reset();
  quick_.reset();
  enter_loop_ = {};
  module_ = nullptr;
}

void Improver::turn_to(const CompiledModule& module) {
  if (module_ != &module) release();
  module_ = &module;
}

FunctionCompiler& Improver::quick_compiler(const CompiledModule& module) {
  turn_to(module);
  if (!quick_) {
    quick_ = std::make_unique<FunctionCompiler>(module.engine(), module.module(), module.layout(),
                                                codegen::CallStyle::Slot, Gear::Quick);
  }
  return *quick_;
}

Result<const codegen::CompiledFunction*> Improver::quick(const CompiledModule& module, FuncIndex function) {
  return quick_compiler(module).compile(function);
}

Result<void> Improver::ready(const CompiledModule& module, FuncIndex function) {
  turn_to(module);
  u64 body = module.module().functions[function].body.size;
  u64 wanted = body * memory_per_byte + memory_per_function;
  if (wanted > module.engine().config().warm_up.memory || wanted > platform::available_memory())
    return fail(ErrorCode::Limit, "there is not enough memory to compile the function again");
  if (!best_) {
    best_ = std::make_unique<FunctionCompiler>(module.engine(), module.module(), module.layout(),
                                               codegen::CallStyle::Slot, Gear::Best);
    best_->set_watch([](std::string_view, const ir::Function&) { platform::give_way(); });
  }
  return {};
}

Result<const codegen::CompiledFunction*> Improver::whole(const CompiledModule& module, FuncIndex function) {
  TRY(ready(module, function));
  const codegen::CompiledFunction* compiled = TRY(best_->compile(function));
  best_->tell_counts();
  return compiled;
}

Result<const codegen::CompiledFunction*> Improver::at_loop(const CompiledModule& module, FuncIndex function, u32 loop,
                                                           FrameTable& frame) {
  TRY(ready(module, function));
  // The same bytes as those that run, and so the same places.
  const codegen::CompiledFunction* quick = TRY(quick_compiler(module).compile(function));
  const ir::Function& from = quick_->function();
  CHECK(loop < from.loops.size());
  struct Here {
    codegen::FrameView view;
    ir::Block head;
    codegen::Place place(ir::Value value) const { return view.place_at(head, codegen::vreg_of(value)); }
  } here{quick_->frame(), from.loops[ir::Loop(loop)].header};
  auto has_cell = [](const void* context, ir::Value value) {
    return !static_cast<const Here*>(context)->place(value).is_none();
  };
  if (!enter_loop_.run(from, ir::Loop(loop), has_cell, &here)) return nullptr;

  frame = {};
  for (ir::Value value : enter_loop_.cells()) frame.cells.push_back({here.place(value), from.type(value)});
  for (u32 slot = 0; slot < from.slots.size(); ++slot)
    frame.cells.push_back({codegen::Place::slot(here.view.slot_count() + slot), from.slots[slot]});
  frame.saved_registers = quick->saved_registers;
  codegen::VReg pointer = here.view.result_pointer();
  if (!pointer.is_none()) frame.result_pointer = here.view.place_at(here.head, pointer);
  const codegen::CompiledFunction* compiled = best_->compile(enter_loop_.function());
  best_->tell_counts();
  return compiled;
}

}  // namespace skerry::runtime
