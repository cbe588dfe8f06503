#include "engine/ir/verify.h"

#include "base/string.h"
#include "engine/abi/builtins.h"

namespace skerry::ir {
namespace {

class Verifier {
 public:
  Verifier(const Function& function, const wasm::Module* module) : function_(function), module_(module) {}

  bool run() {
    return check_blocks() && check_loops() && check_lists() && find_dominators() && check_loop_entries() &&
           check_instructions();
  }
  std::string message() { return std::move(message_); }

 private:
  // ---------------------------------------------------------------------------------- Errors

  template <class... Parts>
  bool wrong(const Parts&... parts) {
    message_ = concat(parts...);
    return false;
  }
  template <class... Parts>
  bool wrong_at(Value value, const Parts&... parts) {
    return wrong("v", value.raw(), " (", info(function_[value].op).name, "): ", parts...);
  }
  template <class... Parts>
  bool wrong_in(Block block, const Parts&... parts) {
    return wrong("block", block.raw(), ": ", parts...);
  }

  // ---------------------------------------------------------------------- Blocks, loops, lists

  bool check_blocks() {
    if (function_.positions.size() != function_.insts.size()) return wrong("positions are not beside insts");
    if (function_.blocks.empty()) return wrong("there is no block");
    block_of_.resize(function_.insts.size());
    u32 at = 0;
    for (Block block(0); block < function_.blocks.end_key(); block = block.next()) {
      const BlockData& data = function_.blocks[block];
      if (data.begin != at || data.end <= at || data.end > function_.insts.size())
        return wrong_in(block, "its range does not follow the block before");
      if (data.params > data.end - data.begin) return wrong_in(block, "it has more parameters than instructions");
      for (; at < data.end; ++at) {
        Value value(at);
        const Inst& inst = function_[value];
        block_of_[value] = block;
        if (inst.op >= Op::Count) return wrong_in(block, "an operation that does not exist");
        if (info(inst.op).terminates() != (at + 1 == data.end)) return wrong_at(value, "a terminator is last, and only last");
        bool is_param = at < data.begin + data.params;
        if ((inst.op == Op::Param) != is_param) return wrong_at(value, "parameters stand first in their block");
        if (is_param && (inst.a != block.raw() || inst.b != at - data.begin)) return wrong_at(value, "it names another place");
      }
    }
    if (at != function_.insts.size()) return wrong("instructions after the last block");
    return true;
  }

  bool check_loops() {
    Loop open = Loop::none();
    u32 next = 0;
    for (Block block(0); block < function_.blocks.end_key(); block = block.next()) {
      while (!open.is_none() && function_.loops[open].end <= block) open = function_.loops[open].parent;
      for (; next < function_.loops.size() && function_.loops[Loop(next)].header == block; ++next) {
        const LoopData& loop = function_.loops[Loop(next)];
        u32 depth = open.is_none() ? 1 : function_.loops[open].depth + 1;
        if (loop.parent != open || loop.depth != depth) return wrong("loop", next, ": wrong parent or depth");
        if (loop.end <= block || loop.end > function_.blocks.end_key()) return wrong("loop", next, ": wrong end");
        if (!open.is_none() && loop.end > function_.loops[open].end) return wrong("loop", next, ": ends after its parent");
        open = Loop(next);
      }
      if (function_.blocks[block].loop != open) return wrong_in(block, "names another loop than the ranges do");
    }
    if (next != function_.loops.size()) return wrong("loop", next, ": it is out of order");
    return true;
  }

  bool in_extra(u64 at, u64 count) const { return at + count <= function_.extra.size(); }

  bool check_target(Value value, u32 target) {
    if (!in_extra(target, 2) || !in_extra(u64{target} + 2, function_.extra[target + 1]))
      return wrong_at(value, "a target beyond the end of extra");
    Block to = function_.target_block(target);
    if (!function_.blocks.contains(to)) return wrong_at(value, "a target to no block");
    if (to == Block(0)) return wrong_at(value, "a target to the entry block");
    return true;
  }

  bool check_lists() {
    for (Value value(0); value < function_.insts.end_key(); value = value.next()) {
      const Inst& inst = function_[value];
      bool inside = true;
      switch (info(inst.op).shape) {
        case Shape::Call: case Shape::List: inside = in_extra(inst.b, inst.c); break;
        case Shape::Indirect: inside = in_extra(u64{inst.b} + 2, inst.c); break;
        case Shape::Jump: if (!check_target(value, inst.b)) return false; break;
        case Shape::Branch: if (!check_target(value, inst.b) || !check_target(value, inst.c)) return false; break;
        case Shape::BrTable:
          if (inst.c == 0) return wrong_at(value, "without default");
          inside = in_extra(inst.b, inst.c);
          for (u32 i = 0; inside && i < inst.c; ++i) if (!check_target(value, function_.extra[inst.b + i])) return false;
          break;
        default: break;
      }
      if (!inside) return wrong_at(value, "a list beyond the end of extra");
    }
    return true;
  }

  // -------------------------------------------------------------------------------- Dominators

  const Inst& terminator(Block block) const { return function_[Value(function_.blocks[block].end - 1)]; }

  // Blocks in the order of the .wasm are in reverse postorder but for back edges, so that two rounds
  // suffice: one finds the tree, the other that nothing changes.
  bool find_dominators() {
    u32 count = function_.blocks.size();
    edges_from_.resize(count + 1, 0);
    for (Block block(0); block.raw() < count; block = block.next())
      function_.for_each_target(terminator(block), [&](u32 target) { ++edges_from_[function_.target_block(target).raw()]; });
    for (u32 i = 0, total = 0; i <= count; ++i) total += std::exchange(edges_from_[i], total);
    predecessors_.resize(edges_from_[count]);
    std::vector<u32> fill(edges_from_.begin(), edges_from_.end());
    for (Block block(0); block.raw() < count; block = block.next())
      function_.for_each_target(terminator(block),
                                [&](u32 target) { predecessors_[fill[function_.target_block(target).raw()]++] = block; });

    dominator_.resize(count, Block::none());
    dominator_[Block(0)] = Block(0);
    for (bool changed = true; changed;) {
      changed = false;
      for (Block block(1); block.raw() < count; block = block.next()) {
        Block found = Block::none();
        for (Block from : predecessors(block)) {
          if (dominator_[from].is_none()) continue;
          found = found.is_none() ? from : common_dominator(found, from);
        }
        if (found == dominator_[block]) continue;
        dominator_[block] = found;
        changed = true;
      }
    }
    for (Block block(1); block.raw() < count; block = block.next()) {
      if (dominator_[block].is_none()) return wrong_in(block, "it cannot be reached");
      if (dominator_[block] >= block) return wrong_in(block, "it comes before its dominator");
    }
    // By pre- and postorder numbers of the tree domination is two comparisons. A child has a greater index
    // than its parent, so that sizes of subtrees sum up backwards and numbers are dealt forwards.
    size_.resize(count, 1);
    first_.resize(count, 0);
    for (u32 i = count; i-- > 1;) size_[dominator_[Block(i)].raw()] += size_[i];
    std::vector<u32> next(count, 1);
    for (u32 i = 1; i < count; ++i) {
      u32 parent = dominator_[Block(i)].raw();
      first_[i] = first_[parent] + next[parent];
      next[parent] += size_[i];
    }
    return true;
  }
  std::span<const Block> predecessors(Block block) const {
    u32 from = edges_from_[block.raw()];
    return {predecessors_.data() + from, edges_from_[block.raw() + 1] - from};
  }
  Block common_dominator(Block a, Block b) const {
    while (a != b) {
      if (a < b) b = dominator_[b];
      else a = dominator_[a];
    }
    return a;
  }
  bool dominates(Block a, Block b) const {
    return first_[b.raw()] - first_[a.raw()] < size_[a.raw()];
  }

  bool check_loop_entries() {
    for (Loop loop(0); loop < function_.loops.end_key(); loop = loop.next()) {
      const LoopData& data = function_.loops[loop];
      for (Block block = data.header; block < data.end; block = block.next())
        if (!dominates(data.header, block)) return wrong("loop", loop.raw(), ": block", block.raw(), " is reached past the header");
    }
    for (Block block(0); block < function_.blocks.end_key(); block = block.next()) {
      bool good = true;
      function_.for_each_target(terminator(block), [&](u32 target) {
        Block to = function_.target_block(target);
        if (to > block) return;
        Loop loop = function_.blocks[to].loop;
        if (loop.is_none() || function_.loops[loop].header != to || block >= function_.loops[loop].end) good = false;
      });
      if (!good) return wrong_in(block, "it goes back, but not to the header of a loop that it is in");
    }
    return true;
  }

  // ------------------------------------------------------------------------------ Instructions

  // `operand` is a value whose definition dominates the instruction `user`.
  bool check_operand(Value user, Value operand, Type& type) {
    if (!function_.insts.contains(operand)) return wrong_at(user, "an operand that is no value");
    type = function_.type(operand);
    if (type == Type::Void) return wrong_at(user, "the operand v", operand.raw(), " has no value");
    Block from = block_of_[operand], to = block_of_[user];
    if (from == to ? operand < user : dominates(from, to)) return true;
    return wrong_at(user, "the operand v", operand.raw(), " does not dominate it");
  }
  bool check_operand(Value user, u32 operand, Type expected) {
    Type type;
    if (!check_operand(user, Value(operand), type)) return false;
    return type == expected || wrong_at(user, "the operand v", operand, " is of the wrong type");
  }
  bool check_result(Value value, Type expected) {
    return function_.type(value) == expected || wrong_at(value, "its own type is wrong");
  }

  bool check_target_arguments(Value value, u32 target) {
    Block to = function_.target_block(target);
    std::span<const u32> arguments = function_.target_args(target);
    const BlockData& block = function_.blocks[to];
    if (arguments.size() != block.params)
      return wrong_at(value, arguments.size(), " arguments for ", block.params, " parameters of block", to.raw());
    for (u32 i = 0; i < arguments.size(); ++i)
      if (!check_operand(value, arguments[i], function_.type(Value(block.begin + i)))) return false;
    return true;
  }

  bool check_values(Value value, std::span<const u32> values, std::span<const ValueType> types) {
    if (values.size() != types.size()) return wrong_at(value, values.size(), " values where ", types.size(), " are expected");
    for (usize i = 0; i < values.size(); ++i) if (!check_operand(value, values[i], type_of(types[i]))) return false;
    return true;
  }
  bool check_call(Value value, std::span<const u32> arguments, const FuncType& type) {
    const Inst& inst = function_[value];
    if (!check_values(value, arguments, type.params)) return false;
    if (info(inst.op).terminates())
      return (function_.signature->results == type.results && check_result(value, Type::Void)) ||
             wrong_at(value, "its results are not the function's");
    if (!check_result(value, type.results.empty() ? Type::Void : type_of(type.results[0]))) return false;
    for (u32 i = 1; i < type.results.size(); ++i) {
      Value result(value.raw() + i);
      const Inst* at = function_.insts.contains(result) ? &function_[result] : nullptr;
      if (!at || at->op != Op::CallResult || at->a != value.raw() || at->b != i || at->type != type_of(type.results[i]))
        return wrong_at(value, "its results do not follow");
    }
    return true;
  }
  bool check_builtin(Value value, std::span<const u32> arguments) {
    const Inst& inst = function_[value];
    if (inst.a >= u32(Builtin::Count)) return wrong_at(value, "no such builtin");
    std::string_view signature = info(Builtin(inst.a)).signature;
    auto type = [](char letter) { return letter == 'i' ? Type::I32 : letter == 'l' ? Type::I64 : Type::Ref; };
    usize count = signature.find(':');
    if (arguments.size() != count) return wrong_at(value, "wrong number of arguments");
    for (usize i = 0; i < count; ++i) if (!check_operand(value, arguments[i], type(signature[i]))) return false;
    return check_result(value, count + 1 < signature.size() ? type(signature[count + 1]) : Type::Void);
  }

  // An entity of the module, where the module is known.
  template <class Map>
  bool check_entity(Value value, u32 index, Map map) {
    if (!module_) return true;
    return index < (module_->*map).size() || wrong_at(value, "index ", index, " is not in the module");
  }

  bool check_instructions() {
    for (Value value(0); value < function_.insts.end_key(); value = value.next())
      if (!check_instruction(value)) return false;
    const std::vector<ValueType>& params = function_.signature->params;
    if (function_.entry == Entry::Loop)
      return function_.blocks[Block(0)].params == 0 || wrong("a function that is entered at a loop has parameters");
    if (function_.blocks[Block(0)].params != params.size()) return wrong("the entry block has not the function's parameters");
    for (u32 i = 0; i < params.size(); ++i) if (!check_result(Value(i), type_of(params[i]))) return false;
    return true;
  }

  bool check_instruction(Value value) {
    const Inst& inst = function_[value];
    const Type type = inst.type;
    const bool integer = type == Type::I32 || type == Type::I64;
    const bool floating = is_float(type);
    auto operands = [&](Type x) { return check_operand(value, inst.a, x); };
    auto result = [&](bool good) { return good || wrong_at(value, "its own type is wrong"); };
    auto conversion = [&](bool good) {
      Type from;
      return check_operand(value, Value(inst.a), from) && result(good);
    };
    switch (inst.op) {
      case Op::Param: return result(type != Type::Void);
      case Op::Const: return result(type != Type::Void && type != Type::V128);
      case Op::IAdd: case Op::ISub: case Op::IMul: case Op::IDivS: case Op::IDivU: case Op::IRemS: case Op::IRemU:
      case Op::IAnd: case Op::IOr: case Op::IXor: case Op::IShl: case Op::IShrS: case Op::IShrU: case Op::IRotl:
      case Op::IRotr:
        return result(integer) && operands(type) && check_operand(value, inst.b, type);
      case Op::IClz: case Op::ICtz: case Op::IPopcnt: case Op::IExtend8S: case Op::IExtend16S:
        return result(integer) && operands(type);
      case Op::IExtend32S: return result(type == Type::I64) && operands(type);
      case Op::ExtendS: case Op::ExtendU: return result(type == Type::I64) && operands(Type::I32);
      case Op::Wrap: return result(type == Type::I32) && operands(Type::I64);
      case Op::ICmp: case Op::FCmp: {
        Type from;
        if (!result(type == Type::I32) || !check_operand(value, Value(inst.a), from)) return false;
        if (inst.aux > u8(Cond::GeU)) return wrong_at(value, "no such condition");
        bool equality = inst.cond() == Cond::Eq || inst.cond() == Cond::Ne;
        if ((inst.op == Op::FCmp) != is_float(from)) return wrong_at(value, "its operands are of the wrong kind");
        if (inst.op == Op::FCmp && !equality && (inst.aux & 1)) return wrong_at(value, "an unsigned comparison of floats");
        if (from == Type::Ref && !equality) return wrong_at(value, "an order of references");
        return check_operand(value, inst.b, from);
      }
      case Op::FAdd: case Op::FSub: case Op::FMul: case Op::FDiv: case Op::FMin: case Op::FMax: case Op::FCopysign:
        return result(floating) && operands(type) && check_operand(value, inst.b, type);
      case Op::FAbs: case Op::FNeg: case Op::FCeil: case Op::FFloor: case Op::FTrunc: case Op::FNearest: case Op::FSqrt:
        return result(floating) && operands(type);
      case Op::TruncS: case Op::TruncU: case Op::TruncSatS: case Op::TruncSatU:
        return conversion(integer) && result(is_float(function_.type(Value(inst.a))));
      case Op::ConvertS: case Op::ConvertU: {
        if (!conversion(floating)) return false;
        Type from = function_.type(Value(inst.a));
        return result(from == Type::I32 || from == Type::I64);
      }
      case Op::Demote: return result(type == Type::F32) && operands(Type::F64);
      case Op::Promote: return result(type == Type::F64) && operands(Type::F32);
      case Op::Reinterpret:
        switch (type) {
          case Type::I32: return operands(Type::F32);
          case Type::I64: return operands(Type::F64);
          case Type::F32: return operands(Type::I32);
          case Type::F64: return operands(Type::I64);
          default: return result(false);
        }
      case Op::Select:
        return result(type != Type::Void) && operands(type) && check_operand(value, inst.b, type) &&
               check_operand(value, inst.c, Type::I32);

      case Op::Load: return result(integer || floating) && check_memory(value) && operands(Type::I32);
      case Op::Load8S: case Op::Load8U: case Op::Load16S: case Op::Load16U:
        return result(integer) && check_memory(value) && operands(Type::I32);
      case Op::Load32S: case Op::Load32U: return result(type == Type::I64) && check_memory(value) && operands(Type::I32);
      case Op::Store: case Op::Store8: case Op::Store16: case Op::Store32: {
        Type stored;
        if (!check_memory(value) || !operands(Type::I32) || !check_operand(value, Value(inst.b), stored)) return false;
        if (inst.op != Op::Store && stored != Type::I64 && (stored != Type::I32 || inst.op == Op::Store32))
          return wrong_at(value, "stores a value of the wrong type");
        return result(type == Type::Void);
      }
      case Op::MemorySize: return result(type == Type::I32) && check_entity(value, inst.b, &wasm::Module::memories);

      case Op::GlobalGet:
        if (!check_entity(value, inst.b, &wasm::Module::globals)) return false;
        return !module_ || check_result(value, type_of(module_->globals[GlobalIndex(inst.b)].type.value));
      case Op::GlobalSet: {
        Type stored;
        if (!check_entity(value, inst.b, &wasm::Module::globals) || !check_operand(value, Value(inst.a), stored)) return false;
        return !module_ || operands(type_of(module_->globals[GlobalIndex(inst.b)].type.value));
      }
      case Op::TableGet:
        return result(type == Type::Ref) && operands(Type::I32) && check_entity(value, inst.b, &wasm::Module::tables);
      case Op::TableSize: return result(type == Type::I32) && check_entity(value, inst.b, &wasm::Module::tables);
      case Op::RefFunc: return result(type == Type::Ref) && check_entity(value, inst.b, &wasm::Module::functions);
      case Op::SlotGet:
        if (inst.b >= function_.slots.size()) return wrong_at(value, "no such slot");
        return check_result(value, function_.slots[inst.b]);
      case Op::SlotSet:
        if (inst.b >= function_.slots.size()) return wrong_at(value, "no such slot");
        return operands(function_.slots[inst.b]) && result(type == Type::Void);
      case Op::LoopValue:
        if (function_.entry != Entry::Loop || block_of_[value] != Block(0)) return wrong_at(value, "there is none here");
        return result(type != Type::Void);
      case Op::Fuel: return result(type == Type::Void);

      case Op::Call: case Op::ReturnCall:
        if (!check_entity(value, inst.a, &wasm::Module::functions)) return false;
        if (!module_) return check_any(value, function_.list(inst.b, inst.c));
        return check_call(value, function_.list(inst.b, inst.c), module_->type_of(FuncIndex(inst.a)));
      case Op::CallIndirect: case Op::ReturnCallIndirect: {
        std::span<const u32> list = function_.list(inst.b, inst.c + 2);
        if (!operands(Type::I32) || !check_entity(value, list[0], &wasm::Module::types) ||
            !check_entity(value, list[1], &wasm::Module::tables))
          return false;
        if (!module_) return check_any(value, list.subspan(2));
        return check_call(value, list.subspan(2), module_->types[TypeIndex(list[0])]);
      }
      case Op::CallBuiltin: return check_builtin(value, function_.list(inst.b, inst.c));
      case Op::CallResult: {
        // Behind its call or the result before.
        if (inst.b == 0 || inst.b > value.raw() || value.raw() - inst.b != inst.a || block_of_[Value(inst.a)] != block_of_[value])
          return wrong_at(value, "it does not follow its call");
        const Inst& before = function_[Value(value.raw() - 1)];
        bool follows = inst.b == 1 ? info(before.op).effects & Calls : before.op == Op::CallResult && before.a == inst.a;
        return follows ? result(type != Type::Void) : wrong_at(value, "it does not follow its call");
      }

      case Op::Jump: return check_target_arguments(value, inst.b);
      case Op::Branch:
        return operands(Type::I32) && check_target_arguments(value, inst.b) && check_target_arguments(value, inst.c);
      case Op::BrTable:
        if (!operands(Type::I32)) return false;
        for (u32 target : function_.list(inst.b, inst.c)) if (!check_target_arguments(value, target)) return false;
        return true;
      case Op::Return: return check_values(value, function_.list(inst.b, inst.c), function_.signature->results);
      case Op::Trap: return inst.aux < u8(TrapCode::Count) || wrong_at(value, "no such trap code");
      case Op::Count: break;
    }
    return wrong_at(value, "no such operation");
  }

  bool check_memory(Value value) { return check_entity(value, function_[value].aux, &wasm::Module::memories); }
  bool check_any(Value value, std::span<const u32> operands) {
    Type type;
    for (u32 operand : operands) if (!check_operand(value, Value(operand), type)) return false;
    return true;
  }

  const Function& function_;
  const wasm::Module* module_;
  std::string message_;

  IndexMap<Value, Block> block_of_;
  std::vector<u32> edges_from_;  // by block: where its predecessors begin
  std::vector<Block> predecessors_;
  IndexMap<Block, Block> dominator_;  // the immediate one
  std::vector<u32> size_;   // of the subtree of the dominator tree
  std::vector<u32> first_;  // preorder number
};

}  // namespace

Result<void> verify(const Function& function, const wasm::Module* module) {
  Verifier verifier(function, module);
  if (!verifier.run()) return fail(ErrorCode::Invalid, verifier.message());
  return {};
}

}  // namespace skerry::ir
