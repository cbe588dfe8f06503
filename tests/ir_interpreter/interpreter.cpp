#include "tests/ir_interpreter/interpreter.h"

#include <unordered_map>

#include "engine/abi/builtins.h"
#include "engine/ir/ranges.h"
#include "tests/ir_interpreter/bulk.h"

namespace skerry::oracle {

using ir::Inst;
using ir::Op;
using ir::Shape;
using ir::Type;
using ir::Value;

// One invocation. The guest's calls are frames of a stack of our own.
class Interpreter {
 public:
  explicit Interpreter(Store& store) : store_(store) {}

  Outcome run(u32 function, std::span<const u64> arguments) {
    u32 depth = store_.depth_;
    Outcome outcome = enter_and_run(function, arguments);
    store_.depth_ = depth;
    return outcome;
  }

 private:
  enum class Tail : u8 { No, Yes };

  struct Frame {
    const ir::Function* function;
    Instance* instance;
    const ir::Ranges* ranges;
    Value at;     // the next instruction
    usize base;   // its values begin here in values_
    usize slots;  // and its frame slots here
  };

  Outcome enter_and_run(u32 function, std::span<const u64> arguments) {
    pending_.assign(arguments.begin(), arguments.end());
    if (!call(function, Tail::No)) return std::move(stopped_);
    while (!frames_.empty()) {
      if (!step()) return std::move(stopped_);
    }
    return {.results = std::move(pending_)};
  }

  bool stop(Outcome outcome) {
    stopped_ = std::move(outcome);
    return false;
  }
  bool trap(TrapCode code) { return stop(Outcome::trapped(code)); }

  // --------------------------------------------------------------------------------- Calls

  // Calls with the arguments in pending_.
  bool call(u32 reference, Tail tail) {
    const FunctionRecord& record = store_.functions_[reference];
    CHECK(pending_.size() == record.type.params.size());
    if (tail == Tail::Yes) pop_frame();
    if (!record.instance) {
      Outcome outcome = record.host(pending_);
      if (outcome.kind != Outcome::Kind::Returned) return stop(std::move(outcome));
      CHECK(outcome.results.size() == record.type.results.size());
      pending_ = std::move(outcome.results);
      return give_results();
    }
    if (store_.depth_ >= store_.limits_.call_depth) return trap(TrapCode::StackExhausted);
    ++store_.depth_;
    const ir::Function& function = record.instance->program->functions[record.index];
    Frame frame{&function, record.instance, &ranges_of(function), Value(0), 0, 0};
    if (!frames_.empty()) frame.base = frames_.back().slots + frames_.back().function->slots.size();
    frame.slots = frame.base + function.insts.size();
    usize top = frame.slots + function.slots.size();
    if (values_.size() < top) values_.resize(std::max(top, 2 * values_.size()));
    std::copy(pending_.begin(), pending_.end(), values_.begin() + i64(frame.base));
    frames_.push_back(frame);
    return enter_block(ir::Block(0));
  }

  void pop_frame() {
    --store_.depth_;
    frames_.pop_back();
  }

  // The results in pending_ go to the call that the innermost frame stands at, or to whoever invoked us.
  bool give_results() {
    if (frames_.empty()) return true;
    Frame& frame = frames_.back();
    // CallResults follow their call.
    for (usize i = 0; i < pending_.size(); ++i) values_[frame.base + frame.at.raw() + i] = pending_[i];
    frame.at = Value(frame.at.raw() + std::max<u32>(1, u32(pending_.size())));
    return true;
  }

  void take(std::span<const u32> list) {
    pending_.clear();
    for (u32 value : list) pending_.push_back(get(value));
  }

  bool call_indirect(const Inst& inst, Tail tail) {
    Frame& frame = frames_.back();
    std::span<const u32> list = frame.function->list(inst.b, inst.c + 2);
    const Table& table = *frame.instance->tables[TableIndex(list[1])];
    u32 index = u32(get(inst.a));
    if (index >= table.elements.size()) return trap(TrapCode::UndefinedElement);
    u32 reference = table.elements[index];
    if (reference == 0) return trap(TrapCode::UninitializedElement);
    if (store_.functions_[reference].type != frame.instance->program->module.types[TypeIndex(list[0])])
      return trap(TrapCode::IndirectCallMismatch);
    take(list.subspan(2));
    return call(reference, tail);
  }

  // --------------------------------------------------------------------------------- Blocks

  bool enter_block(ir::Block block) {
    Frame& frame = frames_.back();
    const ir::BlockData& data = frame.function->blocks[block];
    u32 size = data.end - data.begin;
    if (store_.steps_ < size) return stop({.kind = Outcome::Kind::OutOfSteps});
    store_.steps_ -= size;
    frame.at = Value(data.begin + data.params);
    return true;
  }

  // All arguments are read before a parameter is written.
  bool go(u32 target) {
    const Frame& frame = frames_.back();
    take(frame.function->target_args(target));
    ir::Block block = frame.function->target_block(target);
    u32 param = frame.function->blocks[block].begin;
    usize first = frame.base + param;
    for (usize i = 0; i < pending_.size(); ++i) expect_in_range(frame, Value(param + u32(i)), pending_[i]);
    std::copy(pending_.begin(), pending_.end(), values_.begin() + i64(first));
    return enter_block(block);
  }

  // --------------------------------------------------------------------------- Instructions

  u64 get(u32 value) const { return values_[frames_.back().base + value]; }
  bool set(u64 bits) {
    Frame& frame = frames_.back();
    expect_in_range(frame, frame.at, bits);
    values_[frame.base + frame.at.raw()] = bits;
    frame.at = frame.at.next();
    return true;
  }
  bool done() {
    frames_.back().at = frames_.back().at.next();
    return true;
  }

  // What the compiler believes of values is held against each one that there is.
  const ir::Ranges& ranges_of(const ir::Function& function) {
    auto [found, is_new] = ranges_.try_emplace(&function);
    if (is_new) found->second.find(function);
    return found->second;
  }
  static void expect_in_range(const Frame& frame, Value value, u64 bits) {
    if (frame.function->type(value) != Type::I32) return;
    ir::Range range = (*frame.ranges)[value];
    i64 number = range.is_unsigned() ? i64(u32(bits)) : i64(i32(u32(bits)));
    CHECK(range.low <= number && number <= range.high);
  }

  // The bytes of an access, null if it is not inside.
  u8* access(const Inst& inst, u32 offset, u32 size) {
    Memory& memory = *frames_.back().instance->memories[MemoryIndex(inst.aux)];
    u64 at = u64{u32(get(inst.a))} + offset;
    return at + size <= memory.bytes.size() ? memory.bytes.data() + at : nullptr;
  }

  template <class Stored>
  bool load(const Inst& inst) {
    const u8* bytes = access(inst, inst.b, sizeof(Stored));
    if (!bytes) return trap(TrapCode::MemoryOutOfBounds);
    u64 bits = 0;
    for (u32 i = 0; i < sizeof(Stored); ++i) bits |= u64{bytes[i]} << (8 * i);
    u64 value = u64(i64(Stored(bits)));
    return set(ir::is_64(inst.type) ? value : u32(value));
  }
  template <class Stored>
  bool store(const Inst& inst) {
    u8* bytes = access(inst, inst.c, sizeof(Stored));
    if (!bytes) return trap(TrapCode::MemoryOutOfBounds);
    u64 bits = get(inst.b);
    for (u32 i = 0; i < sizeof(Stored); ++i) bytes[i] = u8(bits >> (8 * i));
    return done();
  }

  bool step() {
    Frame& frame = frames_.back();
    const ir::Function& function = *frame.function;
    const Inst& inst = function[frame.at];
    Instance& instance = *frame.instance;
    switch (inst.op) {
      case Op::Load: return ir::is_64(inst.type) ? load<u64>(inst) : load<u32>(inst);
      case Op::Load8S: return load<i8>(inst);
      case Op::Load8U: return load<u8>(inst);
      case Op::Load16S: return load<i16>(inst);
      case Op::Load16U: return load<u16>(inst);
      case Op::Load32S: return load<i32>(inst);
      case Op::Load32U: return load<u32>(inst);
      case Op::Store: return ir::is_64(function.type(Value(inst.b))) ? store<u64>(inst) : store<u32>(inst);
      case Op::Store8: return store<u8>(inst);
      case Op::Store16: return store<u16>(inst);
      case Op::Store32: return store<u32>(inst);
      case Op::MemorySize: return set(instance.memories[MemoryIndex(inst.b)]->bytes.size() / page_size);

      case Op::GlobalGet: return set(instance.globals[GlobalIndex(inst.b)]->bits);
      case Op::GlobalSet:
        instance.globals[GlobalIndex(inst.b)]->bits = get(inst.a);
        return done();
      case Op::TableGet: {
        const Table& table = *instance.tables[TableIndex(inst.b)];
        u32 index = u32(get(inst.a));
        return index < table.elements.size() ? set(table.elements[index]) : trap(TrapCode::TableOutOfBounds);
      }
      case Op::TableSize: return set(instance.tables[TableIndex(inst.b)]->elements.size());
      case Op::RefFunc: return set(instance.functions[FuncIndex(inst.b)]);
      case Op::SlotGet: return set(values_[frame.slots + inst.b]);
      case Op::SlotSet:
        values_[frame.slots + inst.b] = get(inst.a);
        return done();
      case Op::Fuel:
        if (store_.fuel_ < inst.b) return trap(TrapCode::OutOfFuel);
        store_.fuel_ -= inst.b;
        return done();

      case Op::Call: case Op::ReturnCall:
        take(function.list(inst.b, inst.c));
        return call(instance.functions[FuncIndex(inst.a)], inst.op == Op::Call ? Tail::No : Tail::Yes);
      case Op::CallIndirect: return call_indirect(inst, Tail::No);
      case Op::ReturnCallIndirect: return call_indirect(inst, Tail::Yes);
      case Op::CallBuiltin:
        take(function.list(inst.b, inst.c));
        return call_builtin(Builtin(inst.a));
      case Op::Jump: return go(inst.b);
      case Op::Branch: return go(u32(get(inst.a)) != 0 ? inst.b : inst.c);
      case Op::BrTable: return go(function.extra[inst.b + std::min(u32(get(inst.a)), inst.c - 1)]);
      case Op::Return:
        take(function.list(inst.b, inst.c));
        pop_frame();
        return give_results();
      case Op::Trap: return trap(TrapCode(inst.aux));
      case Op::Param: case Op::CallResult: UNREACHABLE("written by whoever comes here");
      default: break;
    }
    u64 operands[3] = {};
    Type from = Type::Void;
    u32 count = 0;
    function.for_each_use(inst, [&](Value value) {
      if (count == 0) from = function.type(value);
      operands[count++] = get(value.raw());
    });
    Numeric result = evaluate(inst, from, operands[0], operands[1], operands[2], store_.nans_);
    return result.traps ? trap(result.trap) : set(result.bits);
  }

  // -------------------------------------------------------------------------------- Builtins

  // The arguments are in pending_, indices of entities first.
  bool call_builtin(Builtin builtin) {
    Instance& instance = *frames_.back().instance;
    auto argument = [&](u32 i) { return u32(pending_[i]); };
    auto memory = [&](u32 i) -> Memory& { return *instance.memories[MemoryIndex(argument(i))]; };
    auto table = [&](u32 i) -> Table& { return *instance.tables[TableIndex(argument(i))]; };
    // A range costs steps by its size, its last argument.
    auto range_done = [&](bool inside, TrapCode code) {
      if (!inside) return trap(code);
      u64 steps = u32(pending_.back()) / 64;
      if (store_.steps_ < steps) return stop({.kind = Outcome::Kind::OutOfSteps});
      store_.steps_ -= steps;
      return done();
    };
    auto memory_done = [&](bool inside) { return range_done(inside, TrapCode::MemoryOutOfBounds); };
    auto table_done = [&](bool inside) { return range_done(inside, TrapCode::TableOutOfBounds); };
    switch (builtin) {
      case Builtin::MemoryGrow: return set(grow(memory(0), argument(1)));
      case Builtin::MemoryInit:
        return memory_done(
            copy_range(memory(0).bytes, argument(2), instance.datas[DataIndex(argument(1))], argument(3), argument(4)));
      case Builtin::DataDrop:
        instance.datas[DataIndex(argument(0))] = {};
        return done();
      case Builtin::MemoryCopy:
        return memory_done(copy_range(memory(0).bytes, argument(2), memory(1).bytes, argument(3), argument(4)));
      case Builtin::MemoryFill: return memory_done(fill_range(memory(0).bytes, argument(1), u8(argument(2)), argument(3)));
      case Builtin::TableSet:
        return fill_range(table(0).elements, argument(1), argument(2), 1) ? done() : trap(TrapCode::TableOutOfBounds);
      case Builtin::TableGrow: return set(grow(table(0), argument(1), argument(2)));
      case Builtin::TableFill: return table_done(fill_range(table(0).elements, argument(1), argument(2), argument(3)));
      case Builtin::TableInit:
        return table_done(
            copy_range(table(0).elements, argument(2), instance.elems[ElemIndex(argument(1))], argument(3), argument(4)));
      case Builtin::ElemDrop:
        instance.elems[ElemIndex(argument(0))].clear();
        return done();
      case Builtin::TableCopy:
        return table_done(copy_range(table(0).elements, argument(2), table(1).elements, argument(3), argument(4)));
      case Builtin::Count: break;
    }
    UNREACHABLE("no builtin");
  }

  u32 grow(Memory& memory, u32 pages) {
    u64 old = memory.bytes.size() / page_size;
    u64 maximum = std::min<u64>(memory.type.limits.max.value_or(65'536), store_.limits_.memory_pages);
    if (old + pages > maximum) return ~u32{0};
    memory.bytes.resize((old + pages) * page_size);
    return u32(old);
  }
  u32 grow(Table& table, u32 value, u32 count) {
    u64 old = table.elements.size();
    u64 maximum = std::min<u64>(table.type.limits.max.value_or(~u32{0}), store_.limits_.table_elements);
    if (old + count > maximum) return ~u32{0};
    table.elements.resize(old + count, value);
    return u32(old);
  }

  Store& store_;
  std::vector<Frame> frames_;
  std::vector<u64> values_;
  std::vector<u64> pending_;  // arguments or results on their way
  Outcome stopped_;
  std::unordered_map<const ir::Function*, ir::Ranges> ranges_;
};

Outcome Store::invoke(u32 function, std::span<const u64> arguments) {
  if (depth_ == 0) steps_ = limits_.steps;
  return Interpreter(*this).run(function, arguments);
}

}  // namespace skerry::oracle
