#include "engine/runtime/backtrace.h"

#include <algorithm>

#include "engine/runtime/compiled_module.h"
#include "engine/runtime/function_table.h"

namespace skerry::runtime {
namespace {

// Two words at a frame pointer: the frame pointer of the caller, and where it goes on.
struct FrameWords {
  u64 caller;
  u64 return_address;
};

}  // namespace

void Backtrace::add(u64 pc, Kind kind) {
  u64 place = count_ < half ? count_ : half + (count_ - half) % half;
  if (count_ >= 2 * half) leave_out(items_[place].pc);
  items_[place] = {pc, kind};
  ++count_;
}

void Backtrace::leave_out(u64 return_address) {
  for (u32 i = 0; i < places_; ++i)
    if (left_[i].pc == return_address) return void(++left_[i].count);
  if (places_ == most_places) return void(++left_elsewhere_);
  left_[places_++] = {return_address, 1};
}

void Backtrace::capture(const platform::FaultContext& fault, const Activation* activation) {
  clear();
  add(fault.pc, Kind::Instruction);
  add_caller_without_frame(fault, activation);
  walk(fault.frame_pointer, fault.stack_pointer, activation);
}

void Backtrace::capture(const Activation* activation) {
  clear();
  if (!activation || activation->exit_frame_pointer == 0) return;
  walk(add_exit(*activation), activation->exit_frame_pointer, activation);
}

// Of a function without a frame: the frame pointer is its caller's, and where that goes on is where calls leave it.
void Backtrace::add_caller_without_frame(const platform::FaultContext& fault, const Activation* activation) {
  u64 pc = fault.pc, stack_pointer = fault.stack_pointer;
  if (!activation || stack_pointer >= activation->entry_stack_pointer || stack_pointer % 8 != 0) return;
  std::optional<CodeRange> range = find_code_range(pc);
  if (!range || range->kind != CodeKind::Functions) return;
  std::optional<FunctionAt> at = range->functions->find(pc);
  if (!at || at->table->has_frame(at->function)) return;
  u64 return_address = fault.link ? fault.link : *reinterpret_cast<const u64*>(stack_pointer);
  range = find_code_range(return_address);
  if (range && range->kind == CodeKind::Functions) add(return_address, Kind::ReturnAddress);
}

// Where the guest left; the frame pointer of who did.
u64 Backtrace::add_exit(const Activation& activation) {
  const FrameWords& exit = *reinterpret_cast<const FrameWords*>(activation.exit_frame_pointer);
  add(exit.return_address, Kind::ReturnAddress);
  return exit.caller;
}

void Backtrace::walk(u64 frame_pointer, u64 low, const Activation* activation) {
  while (activation) {
    // Frames of an activation lie between the stack's end and where it was entered, each above the one before: what
    // else the frame pointer's register may hold at an interrupted instruction is not followed.
    while (frame_pointer >= low && frame_pointer < activation->entry_stack_pointer && frame_pointer % 8 == 0) {
      const FrameWords& frame = *reinterpret_cast<const FrameWords*>(frame_pointer);
      std::optional<CodeRange> range = find_code_range(frame.return_address);
      if (!range || range->kind == CodeKind::Enter) break;
      if (range->kind == CodeKind::Functions) add(frame.return_address, Kind::ReturnAddress);
      low = frame_pointer + 1;
      frame_pointer = frame.caller;
    }
    activation = activation->previous;
    if (!activation) return;
    low = activation->exit_frame_pointer;
    frame_pointer = add_exit(*activation);
  }
}

std::vector<Frame> Backtrace::frames(u32& left_out) const {
  std::vector<Frame> frames;
  auto name = [&](const Item& item) {
    // A call may be the last instruction of its function: what is looked up is the call.
    u64 pc = item.kind == Kind::ReturnAddress ? item.pc - 1 : item.pc;
    std::optional<CodeRange> range = find_code_range(pc);
    if (!range || range->kind != CodeKind::Functions) return;
    std::optional<FunctionAt> at = range->functions->find(pc);
    if (!at) return;
    bool is_call = item.kind == Kind::ReturnAddress;
    at->table->module->add_frames(*at->table, at->function, at->offset + is_call,
                                  is_call ? SiteOf::Call : SiteOf::Instruction, frames);
  };
  // A place may be in callees that stand in place of calls, and then is more frames than one.
  u64 left = left_elsewhere_;
  for (u32 i = 0; i < places_; ++i) {
    name({left_[i].pc, Kind::ReturnAddress});
    left += left_[i].count * std::max<usize>(frames.size(), 1);
    frames.clear();
  }
  u64 first = std::min<u64>(count_, half);
  for (u64 i = 0; i < first; ++i) name(items_[i]);
  u64 rest = count_ - first;
  for (u64 i = count_ - std::min<u64>(rest, half); i < count_; ++i) name(items_[half + (i - half) % half]);
  if (frames.size() > 2 * half) {
    left += frames.size() - 2 * half;
    frames.erase(frames.begin() + half, frames.end() - half);
  }
  left_out = u32(std::min<u64>(left, ~u32{0}));
  return frames;
}

}  // namespace skerry::runtime
