#include "engine/translate/prescan.h"

#include <array>
#include <bit>
#include <cstring>

#include "engine/wasm/opcodes.h"

namespace skerry::translate {
namespace {

// What the scan does behind an opcode.
enum class Step : u8 {
  Nothing,
  Numbers1, Numbers2,  // skips so many LEB128 numbers
  MemArg,
  Bytes4, Bytes8,
  Assign,
  Open,
  Close,
  Labels,
  Types,
  Prefix,
  Stop,
};

constexpr Step step_of(Opcode opcode) {
  if (opcode == Opcode::Count) return Step::Stop;
  switch (opcode) {
    case Opcode::Block: case Opcode::Loop: case Opcode::If: return Step::Open;
    case Opcode::End: return Step::Close;
    case Opcode::LocalSet: case Opcode::LocalTee: return Step::Assign;
    default: break;
  }
  switch (info(opcode).immediates) {
    case Immediates::None: return Step::Nothing;
    case Immediates::BlockType: return Step::Open;
    case Immediates::LabelTable: return Step::Labels;
    case Immediates::ValueTypes: return Step::Types;
    case Immediates::Label: case Immediates::Func: case Immediates::Local: case Immediates::Global:
    case Immediates::Table: case Immediates::Memory: case Immediates::I32: case Immediates::I64:
    case Immediates::HeapType: case Immediates::Data: case Immediates::Elem:
      return Step::Numbers1;
    case Immediates::TypeTable: case Immediates::DataMemory: case Immediates::MemoryMemory:
    case Immediates::ElemTable: case Immediates::TableTable:
      return Step::Numbers2;
    case Immediates::Memory0: case Immediates::Memory1: case Immediates::Memory2: case Immediates::Memory3:
    case Immediates::Memory4:
      return Step::MemArg;
    case Immediates::F32: return Step::Bytes4;
    case Immediates::F64: return Step::Bytes8;
  }
  return Step::Stop;
}

struct Steps {
  Step plain[256];
  Step misc[256];
};
consteval Steps make_steps() {
  Steps steps{};
  for (u32 i = 0; i < 256; ++i) {
    steps.plain[i] = step_of(opcode_of_byte(u8(i)));
    steps.misc[i] = step_of(opcode_of_misc(i));
  }
  steps.plain[misc_prefix] = Step::Prefix;
  return steps;
}
constexpr Steps steps = make_steps();

// Nearly all instructions are an opcode and immediates of one byte each, or of a fixed length: a jump ahead.
struct Plan {
  u32 longer = 0;  // bits of the four bytes behind the opcode; if one is set, some immediate is longer
  u32 length = 0;  // of opcode and immediates; 0: there is no plan
};
struct Plans {
  Plan of[256];
};
consteval Plans make_plans() {
  auto bits = [](u8 first, u8 second) { return std::bit_cast<u32>(std::array<u8, 4>{first, second, 0, 0}); };
  Plans plans{};
  for (u32 i = 0; i < 256; ++i) {
    switch (steps.plain[i]) {
      case Step::Nothing: plans.of[i] = {0, 1}; break;
      case Step::Numbers1: plans.of[i] = {bits(0x80, 0), 2}; break;
      case Step::Numbers2: plans.of[i] = {bits(0x80, 0x80), 3}; break;
      case Step::MemArg: plans.of[i] = {bits(0x80 | 0x40, 0x80), 3}; break;
      case Step::Bytes4: plans.of[i] = {0, 5}; break;
      case Step::Bytes8: plans.of[i] = {0, 9}; break;
      default: break;
    }
  }
  return plans;
}
constexpr Plans plans = make_plans();
constexpr usize longest_plan = 9;

// A position in the bytes. Reading past the end gives zeros and stays at the end.
struct Cursor {
  const u8* at;
  const u8* end;

  bool done() const { return at == end; }
  void follow_plans() {
    while (usize(end - at) >= longest_plan) {
      Plan plan = plans.of[*at];
      u32 next;
      std::memcpy(&next, at + 1, sizeof next);
      if (plan.length == 0 || (next & plan.longer)) return;
      at += plan.length;
    }
  }
  void skip_number() {
    while (at != end && (*at++ & 0x80)) {}
  }
  u32 number() {
    u64 value = 0;
    for (u32 shift = 0; at != end; shift += 7) {
      u8 byte = *at++;
      if (shift < 35) value |= u64(byte & 0x7f) << shift;
      if (!(byte & 0x80)) break;
    }
    return value > ~u32{0} ? ~u32{0} : u32(value);
  }
  void skip(usize n) { at += usize(end - at) < n ? usize(end - at) : n; }
  void skip_memarg() {
    u32 flags = number();
    if (flags & 0x40) skip_number();  // a memory index (5.4.6)
    skip_number();
  }
};

}  // namespace

void Prescan::scan(std::span<const u8> code, u32 offset, u32 local_count) {
  frames_.clear();
  locals_.clear();
  stack_.clear();
  open_.clear();
  if (stamps_.size() < local_count) stamps_.resize(local_count);
  // No stamp of an earlier body is given again.
  if (code.size() > ~u32{0} - stamp_) {
    stamps_.assign(stamps_.size(), 0);
    stamp_ = 0;
  }
  work_ = code.size();
  over_budget_ = false;
  const u64 budget = budget_of(code.size());

  Cursor cursor{code.data(), code.data() + code.size()};
  for (cursor.follow_plans(); !cursor.done(); cursor.follow_plans()) {
    const u8* start = cursor.at;
    Step step = steps.plain[*cursor.at++];
    if (step == Step::Prefix) {
      u32 code = cursor.number();
      step = code < 256 ? steps.misc[code] : Step::Stop;
    }
    switch (step) {
      case Step::Nothing: break;
      case Step::Numbers2: cursor.skip_number(); [[fallthrough]];
      case Step::Numbers1: cursor.skip_number(); break;
      case Step::MemArg: cursor.skip_memarg(); break;
      case Step::Bytes4: cursor.skip(4); break;
      case Step::Bytes8: cursor.skip(8); break;
      case Step::Assign: {
        u32 local = cursor.number();
        if (local >= local_count) return;
        if (!open_.empty()) stack_.push_back(local);
        break;
      }
      case Step::Open:
        open_.push_back({u32(frames_.size()), u32(stack_.size())});
        frames_.push_back({offset + u32(start - code.data()), 0, 0});
        cursor.skip_number();
        break;
      case Step::Close:
        if (open_.empty()) return;
        close(open_.back());
        open_.pop_back();
        if (open_.empty()) stack_.clear();
        if (work_ > budget || locals_.size() > budget) {
          over_budget_ = true;
          return;
        }
        break;
      case Step::Labels: {
        u32 count = cursor.number();
        for (u32 i = 0; i <= count && !cursor.done(); ++i) cursor.skip_number();
        break;
      }
      case Step::Types: {
        u32 count = cursor.number();
        for (u32 i = 0; i < count && !cursor.done(); ++i) cursor.skip_number();
        break;
      }
      case Step::Prefix: case Step::Stop: return;
    }
  }
}

void Prescan::close(const Open& open) {
  ++stamp_;
  work_ += stack_.size() - open.mark;
  u32 kept = open.mark;
  for (u32 i = open.mark; i < stack_.size(); ++i) {
    u32 local = stack_[i];
    if (stamps_[local] == stamp_) continue;
    stamps_[local] = stamp_;
    stack_[kept++] = local;
  }
  stack_.resize(kept);
  Frame& frame = frames_[open.frame];
  frame.begin = u32(locals_.size());
  frame.count = kept - open.mark;
  locals_.insert(locals_.end(), stack_.begin() + open.mark, stack_.end());
}

}  // namespace skerry::translate
