// Builder: appends to a Function, front to back.
//
//   Builder b(function);
//   Block entry = b.begin_block();
//   Value x = b.param(Type::I32);
//   b.append({.op = Op::IAdd, .type = Type::I32, .a = x.raw(), .b = x.raw()});
//   b.terminate({.op = Op::Return, ...});
//
// Instructions are handed over by value: 16 bytes travel in two registers, and never as fields through memory.
//
// At most one block is open at a time. It is the last one: it begins when the one before has its terminator.

#pragma once

#include <array>
#include <bit>
#include <cstring>

#include "engine/ir/function.h"

namespace skerry::ir {

class Builder {
 public:
  explicit Builder(Function& function) : function_(function) {}

  // The byte offset in the .wasm of what is appended from now on.
  void at(u32 position) { position_ = position; }

  bool is_open() const { return open_; }
  Block current() const { return Block(function_.blocks.size() - 1); }
  // The value of the next instruction.
  Value next() const { return Value(function_.insts.size()); }

  Block begin_block(Loop loop = Loop::none()) {
    DCHECK(!open_);
    open_ = true;
    u32 begin = function_.insts.size();
    return function_.blocks.push({.begin = begin, .end = begin, .params = 0, .loop = loop});
  }

  // Before all other instructions of the open block.
  Value param(Type type) {
    BlockData& block = function_.blocks[current()];
    DCHECK(open_ && block.begin + block.params == next().raw());
    return append({.op = Op::Param, .type = type, .a = current().raw(), .b = block.params++});
  }

  Value append(Inst inst) {
    function_.positions.push_back(position_);
    auto words = std::bit_cast<std::array<u64, 2>>(inst);
    Value value = function_.insts.push({});
    auto* at = reinterpret_cast<char*>(&function_.insts[value]);
    std::memcpy(at, &words[0], 8);
    std::memcpy(at + 8, &words[1], 8);
    return value;
  }

  Value constant(Type type, u64 bits) {
    return append({.op = Op::Const, .type = type, .b = u32(bits), .c = u32(bits >> 32)});
  }

  // Ends the open block.
  Value terminate(Inst inst) {
    DCHECK(open_ && info(inst.op).terminates());
    Value value = append(inst);
    function_.blocks[current()].end = next().raw();
    open_ = false;
    return value;
  }

  // Takes back the terminator of the last block, which is open again.
  void reopen() {
    DCHECK(!open_);
    function_.insts.resize(function_.insts.size() - 1);
    function_.positions.pop_back();
    open_ = true;
  }

  // Whether there is nothing in the open block.
  bool is_empty() const { return function_.blocks[current()].begin == next().raw(); }
  // Takes the open block away, which is empty.
  void drop_block() {
    DCHECK(open_ && is_empty());
    function_.blocks.resize(function_.blocks.size() - 1);
    open_ = false;
  }

  // A list in extra: its position.
  u32 list(std::span<const u32> items) {
    u32 at = u32(function_.extra.size());
    function_.extra.insert(function_.extra.end(), items.begin(), items.end());
    return at;
  }

  // A target: `to` with arguments.
  u32 target(Block to, std::span<const u32> arguments = {}) {
    u32 at = u32(function_.extra.size());
    function_.extra.push_back(to.raw());
    function_.extra.push_back(u32(arguments.size()));
    list(arguments);
    return at;
  }

 private:
  Function& function_;
  u32 position_ = 0;
  bool open_ = false;
};

}  // namespace skerry::ir
