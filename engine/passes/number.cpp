#include "engine/passes/number.h"

#include "engine/passes/divide.h"
#include "engine/translate/fold_rules.h"

namespace skerry::passes {

using ir::Block;
using ir::Inst;
using ir::Loop;
using ir::Op;
using ir::Shape;
using ir::Type;
using ir::Value;

namespace {

u32 bytes_of(Type type) { return ir::is_64(type) ? 8 : 4; }

u32 bytes_of_load(const Inst& inst) {
  switch (inst.op) {
    case Op::Load8S: case Op::Load8U: return 1;
    case Op::Load16S: case Op::Load16U: return 2;
    case Op::Load32S: case Op::Load32U: return 4;
    default: return bytes_of(inst.type);
  }
}

bool is_access(const Inst& inst) {
  Shape shape = ir::info(inst.op).shape;
  return shape == Shape::Load || shape == Shape::Store;
}

u32 bytes_of_store(const Inst& inst, Type value) {
  switch (inst.op) {
    case Op::Store8: return 1;
    case Op::Store16: return 2;
    case Op::Store32: return 4;
    default: return bytes_of(value);
  }
}

}  // namespace

PassOutcome NumberValues::run(const AliasClasses& classes, ir::Function& function) {
  classes_ = &classes;
  changes_ = 0;
  u64 before = work();
  Rebuild::run(function);
  return {work() - before, changes_ + table_.reused()};
}

void NumberValues::begin() {
  const ir::Function& function = old();
  table_.reset(out(), builder(), dominators(), function.insts.size());
  versions_.clear();
  new_version(0, Value::none());
  now_.fill(0);
  at_end_.clear();
  loop_writes_.assign(function.loops.size(), 0);
  for (const ir::BlockData& block : function.blocks) {
    if (block.loop.is_none()) continue;
    for (u32 at = block.begin; at < block.end; ++at) {
      const Inst& inst = function[Value(at)];
      if (ir::info(inst.op).effects & (ir::Writes | ir::Calls))
        loop_writes_[block.loop.raw()] |= classes_->written_by(inst);
    }
  }
  // A loop stands behind its parent.
  for (u32 i = function.loops.size(); i-- > 0;) {
    Loop parent = function.loops[Loop(i)].parent;
    if (!parent.is_none()) loop_writes_[parent.raw()] |= loop_writes_[i];
  }
}

void NumberValues::begin_block(Block old_block, Opened opened) {
  if (old_block.raw() == 0) {
    unseen_.begin_block();
    // Constants of the whole function are made here, so that equal ones are one value wherever they stand.
    const ir::Function& function = old();
    for (Value value(0); value < function.insts.end_key(); value = value.next()) {
      const Inst& inst = function[value];
      if (inst.op == Op::Const) set_renamed(value, table_.constant(inst.type, inst.imm64()));
    }
    return;
  }
  if (opened == Opened::Continued) return;
  unseen_.begin_block();
  u32 first = first_edge_to(old_block);
  Loop loop = old().blocks[old_block].loop;
  bool is_header = !loop.is_none() && old().loops[loop].header == old_block;
  ClassSet written = is_header ? loop_writes_[loop.raw()] : 0;
  // The header of several loops is that of the outermost as well.
  for (Loop up = loop; is_header && !up.is_none() && old().loops[up].header == old_block; up = old().loops[up].parent)
    written |= loop_writes_[up.raw()];
  now_ = at_end_[edges()[first].from.raw()];
  for (u32 e = edges()[first].next; e != none; e = edges()[e].next) {
    const Versions& other = at_end_[edges()[e].from.raw()];
    for (u32 i = 0; i < AliasClasses::count; ++i) if (other[i] != now_[i]) written |= ClassSet{1} << i;
  }
  change(written, Value::none());

  const Edge& edge = edges()[first];
  if (is_header || edge.next != none || out()[edge.branch].op != Op::Branch) return;
  const Inst& branch = out()[edge.branch];
  // One edge alone leads here, and so one side of the branch.
  table_.know(decision(Value(branch.a)), 0, table_.constant(Type::I32, branch.b == edge.target));
}

// Branches are written on the simpler condition, and so that is what has been decided.
std::optional<bool> NumberValues::decided(Value value) {
  auto [condition, inverted] = folder_.condition(value);
  Value known = folder_.constant(condition) ? condition : table_.find(decision(condition), 0);
  if (known.is_none()) return std::nullopt;
  return (u32(*folder_.constant(known)) != 0) != inverted;
}

Value NumberValues::visit(Value old, const Inst& inst) {
  switch (ir::info(inst.op).shape) {
    case Shape::Const: return table_.constant(inst.type, inst.imm64());
    case Shape::V:
      if (inst.op == Op::TruncS || inst.op == Op::TruncU) unseen_.show();
      return folder_.unary(inst.op, inst.type, Value(inst.a));
    case Shape::VV: return divide(inst);
    case Shape::Compare: return folder_.compare(inst.op, inst.cond(), Value(inst.a), Value(inst.b));
    case Shape::VVV:
      if (auto known = decided(Value(inst.c))) return Value(*known ? inst.a : inst.b);
      return folder_.select(inst.type, Value(inst.a), Value(inst.b), Value(inst.c));
    case Shape::Load: return read(inst);
    case Shape::Entity: case Shape::VEntity:
      if (inst.op == Op::RefFunc) return table_.add(inst);
      if (ir::info(inst.op).effects & ir::Reads) return read(inst);
      return write(old, inst);
    default: return write(old, inst);
  }
}

Value NumberValues::divide(const Inst& inst) {
  Value x(inst.a), y(inst.b);
  bool divides = inst.op == Op::IDivS || inst.op == Op::IDivU || inst.op == Op::IRemS || inst.op == Op::IRemU;
  if (divides) unseen_.show();
  if (divides && inst.type == Type::I32 && !folder_.constant(x)) {
    if (auto divisor = folder_.constant(y))
      if (auto value = passes::divide(folder_, table_, inst.op, x, u32(*divisor))) return ++changes_, *value;
  }
  return folder_.binary(inst.op, inst.type, x, y);
}

// ------------------------------------------------------------------------------------ State

Value NumberValues::read(const Inst& inst) {
  u32 index = classes_->read_by(inst);
  if (index == AliasClasses::none) return table_.add(inst);
  constexpr u32 reach = 8;
  u32 version = now_[index];
  for (u32 i = 0; i < reach; ++i) {
    Value known = table_.find(inst, version);
    if (!known.is_none()) {
      if (i) table_.know(inst, now_[index], known);
      ++changes_;
      return known;
    }
    const Version& at = versions_[version];
    if (at.store.is_none() || !are_apart(inst, out()[at.store])) break;
    version = at.before;
  }
  if (inst.op == Op::TableGet) unseen_.show();
  else if (unseen_.any() && inst.op != Op::MemorySize && inst.op != Op::TableSize) unseen_.read(place_of(inst));
  return table_.add(inst, now_[index]);
}

// Whether what `load` reads is not what `store` wrote; both are of one class. Where it is asked, neither traps: the
// store has run, and so has an access like the load. Their ends are within 2^32, and so the distance of their beginnings
// modulo 2^32 tells.
bool NumberValues::are_apart(const Inst& load, const Inst& store) const {
  switch (store.op) {
    // It is buried under what overwrote it, from which nothing else has led here.
    case Op::Const: return true;
    // Imported ones may be one and the same; they have a class of their own, and so of two in one class either both are
    // imported or neither is.
    case Op::GlobalSet: return load.b != store.b && classes_->is_own_global(load.b);
    case Op::SlotSet: return load.b != store.b;
    default: break;
  }
  if (load.aux != store.aux) return false;
  auto place = [&](u32 address, u32 offset) {
    const Inst& inst = out()[Value(address)];
    struct Place {
      u32 base, offset;
    };
    if (inst.op == Op::Const) return Place{none, u32(inst.imm64()) + offset};
    if (inst.op == Op::IAdd && out()[Value(inst.b)].op == Op::Const)
      return Place{inst.a, u32(out()[Value(inst.b)].imm64()) + offset};
    return Place{address, offset};
  };
  auto loaded = place(load.a, load.b), stored = place(store.a, store.c);
  if (loaded.base != stored.base) return false;
  u32 stored_bytes = bytes_of_store(store, out().type(Value(store.b)));
  u64 distance = u32(loaded.offset - stored.offset);
  return distance >= stored_bytes && (u64{1} << 32) - distance >= bytes_of_load(load);
}

Value NumberValues::write(Value old, const Inst& inst) {
  Inst content;  // what reads back what is written
  Value value;
  switch (inst.op) {
    case Op::Store:
      value = Value(inst.b);
      content = {.op = Op::Load, .type = out().type(value), .aux = inst.aux, .a = inst.a, .b = inst.c};
      break;
    case Op::GlobalSet:
      value = Value(inst.a);
      content = {.op = Op::GlobalGet, .type = out().type(value), .b = inst.b};
      break;
    case Op::SlotSet:
      value = Value(inst.a);
      content = {.op = Op::SlotGet, .type = out().type(value), .b = inst.b};
      break;
    case Op::Store8: case Op::Store16: case Op::Store32: case Op::Call: case Op::CallIndirect: case Op::CallBuiltin: {
      Value made = copy(old, inst);
      bool is_store = is_access(inst);
      if (is_store) bury_under(inst, made);
      else unseen_.show();
      change(classes_->written_by(inst), is_store ? made : Value::none());
      return made;
    }
    case Op::Fuel: unseen_.show(); [[fallthrough]];
    default: return copy(old, inst);  // results of calls
  }
  u32 index = classes_->read_by(content);
  // What is there already was read or written here before: the access does not trap.
  if (table_.find(content, now_[index]) == value) {
    ++changes_;
    return value;
  }
  Value made = copy(old, inst);
  bury_under(inst, made);
  change(ClassSet{1} << index, made);
  table_.know(content, now_[index], value);
  return made;
}

// Of what reads or writes a memory, a global or a slot.
UnseenStores::Place NumberValues::place_of(const Inst& inst) const {
  using Kind = UnseenStores::Kind;
  switch (inst.op) {
    case Op::GlobalGet: case Op::GlobalSet: return {Kind::Global, !classes_->is_own_global(inst.b), inst.b};
    case Op::SlotGet: case Op::SlotSet: return {Kind::Slot, false, inst.b};
    default: break;
  }
  bool is_store = ir::info(inst.op).shape == Shape::Store;
  const Inst& address = out()[Value(inst.a)];
  u32 bytes = is_store ? bytes_of_store(inst, out().type(Value(inst.b))) : bytes_of_load(inst);
  u64 begin = is_store ? inst.c : inst.b;
  bool is_constant = address.op == Op::Const;
  if (is_constant) begin += u32(address.imm64());
  return {Kind::Memory, !classes_->is_own_memory(inst.aux), inst.aux,
          is_constant ? UnseenStores::constant : inst.a, begin, begin + bytes,
          is_constant && begin + bytes <= classes_->least_bytes(inst.aux)};
}

// Stores that nothing has seen go under this one. What was first to trap tells where.
void NumberValues::bury_under(const Inst& inst, Value store) {
  unseen_.write(place_of(inst), store, [&](Value buried, bool may_trap) {
    if (may_trap) out().positions[store.raw()] = out().positions[buried.raw()];
    // For the pruner.
    out().insts[buried] = {.op = Op::Const, .type = Type::I32};
    ++changes_;
  });
}

void NumberValues::change(ClassSet classes, Value store) {
  for (; classes; classes &= classes - 1) {
    u32& version = now_[u32(std::countr_zero(classes))];
    version = new_version(version, store);
  }
}

// ------------------------------------------------------------------------------ Terminators

void NumberValues::end_block(Value old, const Inst& inst) {
  if (at_end_.size() < out().blocks.size()) at_end_.resize(out().blocks.size());
  at_end_[current().raw()] = now_;
  if (inst.op == Op::Branch) {
    if (auto known = decided(Value(inst.a))) {
      ++changes_;
      return jump(*known ? inst.b : inst.c);
    }
    auto [condition, inverted] = folder_.condition(Value(inst.a));
    return inverted ? branch(condition, inst.c, inst.b) : branch(condition, inst.b, inst.c);
  }
  if (inst.op == Op::BrTable) {
    if (auto bits = folder_.constant(Value(inst.a))) {
      ++changes_;
      return jump(this->old().extra[inst.b + std::min(u32(*bits), inst.c - 1)]);
    }
  }
  copy_terminator(old, inst);
}

}  // namespace skerry::passes
