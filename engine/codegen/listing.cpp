#include "engine/codegen/listing.h"

#include "base/string.h"

namespace skerry::codegen {
namespace {

class Lister {
 public:
  Lister(const VCode& code, const Allocation& allocation, std::string_view (*name)(u32 reg))
      : code_(code), allocation_(allocation), name_(name) {}

  // Of a value from one of its places to another, before an instruction.
  std::string text(const PlannedMove& move) const {
    return concat("  move ", where(move.to), ":v", move.value.raw(), " = ", where(move.from));
  }

  std::string text(const VInst& inst, const VOpInfo& op) const {
    std::string out = concat("  ", op.name);
    if (inst.width) out += concat(".", 8u << inst.width);
    if (inst.aux) out += concat(" #", inst.aux);
    std::string reads, writes;
    auto add = [&](Role role, VReg reg) {
      if (role == Role::None || reg.is_none()) return;
      std::string& to = is_write(role) ? writes : reads;
      to += concat(to.empty() ? "" : ", ", operand(reg));
    };
    add(op.d, inst.d);
    add(op.a, inst.a);
    add(op.b, inst.b);
    add(op.c, inst.c);
    if (op.kind == VKind::Call || op.kind == VKind::Entry || op.kind == VKind::Return) add_lists(inst, reads, writes);
    // Elsewhere imm is where in the VCode lists are.
    bool has_imm = inst.imm != 0 && op.kind == VKind::Plain;
    if (!writes.empty()) out += concat(" ", writes, reads.empty() && !has_imm ? "" : " =");
    if (!reads.empty()) out += concat(" ", reads);
    if (has_imm) out += concat(" ", decimal_signed(inst.imm));
    return out;
  }

 private:
  // Where it is, and which value of the IR: "rax:v7".
  std::string operand(VReg reg) const {
    Place place = allocation_.places.contains(reg) ? allocation_.places[reg] : Place();
    return concat(where(place), ":v", allocation_.value_of(reg).raw());
  }

  std::string where(Place place) const {
    if (place.is_none()) return "-";
    return place.is_reg() ? std::string(name_(place.reg())) : concat("slot", place.slot());
  }

  void add_lists(const VInst& inst, std::string& reads, std::string& writes) const {
    usize at = usize(inst.imm);
    if (at >= code_.calls.size()) return;
    const CallInfo& call = code_.calls[at];
    auto append = [&](std::string& to, std::span<const VReg> list) {
      for (VReg reg : list) {
        if (!reg.is_none()) to += concat(to.empty() ? "" : ", ", operand(reg));
      }
    };
    append(reads, code_.arguments(call));
    append(writes, code_.results(call));
  }

  const VCode& code_;
  const Allocation& allocation_;
  std::string_view (*name_)(u32 reg);
};

}  // namespace

std::vector<ListedInst> list(const VCode& code, std::span<const VOpInfo> ops, const Allocation& allocation,
                             std::string_view (*name)(u32 reg)) {
  Lister lister(code, allocation, name);
  usize moves = 0;
  std::vector<ListedInst> out;
  for (ir::Block block(0); block < code.blocks.end_key(); block = block.next()) {
    const VBlock& data = code.blocks[block];
    if (data.begin == data.end) continue;
    std::string head = concat("block", block.raw(), ":");
    if (data.weight > 1) head += concat("  ; weight ", data.weight);
    out.push_back({ListedInst::no_position, std::move(head)});
    for (u32 i = data.begin; i < data.end; ++i) {
      const VInst& inst = code.insts[i];
      for (; moves < allocation.moves.size() && allocation.moves[moves].at == i; ++moves)
        out.push_back({inst.position, lister.text(allocation.moves[moves])});
      out.push_back({inst.position, lister.text(inst, ops[inst.op])});
    }
  }
  return out;
}

}  // namespace skerry::codegen
