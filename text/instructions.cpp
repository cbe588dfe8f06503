// Instructions, plain and folded (Core 6.5) -> code.
//
// What is open is kept in frames_, not in calls. A folded operator is written when its `)`
// comes: until then its opcode and immediates wait at the end of pending_, which works as a
// stack since the operators within it are written before it is.

#include <bit>

#include "base/string.h"
#include "text/keywords.h"
#include "text/module_parser.h"
#include "text/number.h"

namespace skerry::text {

// Instructions up to the `)` of what they stand in, which is left there; or one folded one.
Result<void> ModuleParser::instructions(Until until, std::vector<u8>& out) {
  frames_.clear();
  pending_.clear();
  folded_if_labels_.clear();
  labels_.clear();
  label_depths_.clear();
  if (until == Until::OneFolded && !in_.at(TokenKind::LeftParen)) return in_.unexpected();
  for (;;) {
    if (in_.at(TokenKind::LeftParen)) {
      if (!TRY(continue_folded_if(out))) TRY(open_folded(out));
    } else if (in_.at(TokenKind::RightParen)) {
      if (frames_.empty()) return {};
      TRY(close_folded(out));
      if (until == Until::OneFolded && frames_.empty()) return {};
    } else {
      TRY(plain(out));
    }
  }
}

// At "(": begins a folded instruction.
Result<void> ModuleParser::open_folded(std::vector<u8>& out) {
  FrameKind around = frames_.empty() ? FrameKind::Block : frames_.back().kind;
  in_.advance();
  if (around == FrameKind::AfterThen || around == FrameKind::AfterElse) return in_.unexpected();
  Opcode op = TRY(opcode());
  usize pending = pending_.size();
  switch (op) {
    case Opcode::Else: case Opcode::End:
      return in_.unexpected();
    case Opcode::Block: case Opcode::Loop: {
      in_.advance();
      std::optional<std::string> name = label_id();
      write_opcode(out, op);
      TRY(block_type(out));
      push_label(std::move(name));
      frames_.push_back({FrameKind::FoldedBlock, pending});
      return {};
    }
    case Opcode::If: {
      in_.advance();
      folded_if_labels_.push_back(label_id());
      write_opcode(pending_, op);
      TRY(block_type(pending_));
      frames_.push_back({FrameKind::FoldedIf, pending});
      return {};
    }
    default:
      TRY(operation(op, pending_));
      frames_.push_back({FrameKind::FoldedOperator, pending});
      return {};
  }
}

// At "(": begins the (then ...) or (else ...) of the folded `if` that is open, if it is one.
Result<bool> ModuleParser::continue_folded_if(std::vector<u8>& out) {
  if (frames_.empty()) return false;
  Frame& frame = frames_.back();
  if (frame.kind == FrameKind::FoldedIf && in_.accept_open("then")) {
    write_bytes(out, std::span(pending_).subspan(frame.pending));
    pending_.resize(frame.pending);
    push_label(std::move(folded_if_labels_.back()));
    folded_if_labels_.pop_back();
    frame.kind = FrameKind::FoldedThen;
    return true;
  }
  if (frame.kind == FrameKind::AfterThen && in_.accept_open("else")) {
    write_opcode(out, Opcode::Else);
    frame.kind = FrameKind::FoldedElse;
    return true;
  }
  return false;
}

// At ")" while something is open.
Result<void> ModuleParser::close_folded(std::vector<u8>& out) {
  Frame& frame = frames_.back();
  switch (frame.kind) {
    case FrameKind::Block: case FrameKind::If: case FrameKind::Else:  // want an `end`
    case FrameKind::FoldedIf:                                        // wants a (then ...)
      return in_.unexpected();
    case FrameKind::FoldedThen:
      frame.kind = FrameKind::AfterThen;
      break;
    case FrameKind::FoldedElse:
      frame.kind = FrameKind::AfterElse;
      break;
    case FrameKind::FoldedOperator:
      write_bytes(out, std::span(pending_).subspan(frame.pending));
      pending_.resize(frame.pending);
      frames_.pop_back();
      break;
    case FrameKind::FoldedBlock: case FrameKind::AfterThen: case FrameKind::AfterElse:
      write_opcode(out, Opcode::End);
      pop_label();
      frames_.pop_back();
      break;
  }
  in_.advance();
  return {};
}

// An instruction without parentheses.
Result<void> ModuleParser::plain(std::vector<u8>& out) {
  if (!frames_.empty()) {
    switch (frames_.back().kind) {
      case FrameKind::FoldedOperator: case FrameKind::FoldedIf: case FrameKind::AfterThen: case FrameKind::AfterElse:
        return in_.unexpected();
      default: break;
    }
  }
  Opcode op = TRY(opcode());
  switch (op) {
    case Opcode::Else: case Opcode::End:
      return plain_else_or_end(op, out);
    case Opcode::Block: case Opcode::Loop: case Opcode::If: {
      in_.advance();
      std::optional<std::string> name = label_id();
      write_opcode(out, op);
      TRY(block_type(out));
      push_label(std::move(name));
      frames_.push_back({op == Opcode::If ? FrameKind::If : FrameKind::Block, pending_.size()});
      return {};
    }
    default:
      return operation(op, out);
  }
}

Result<void> ModuleParser::plain_else_or_end(Opcode op, std::vector<u8>& out) {
  if (frames_.empty()) return in_.unexpected();
  FrameKind kind = frames_.back().kind;
  bool is_plain = kind == FrameKind::Block || kind == FrameKind::If || kind == FrameKind::Else;
  if (!is_plain || (op == Opcode::Else && kind != FrameKind::If)) return in_.unexpected();
  in_.advance();
  TRY(matching_label());
  write_opcode(out, op);
  if (op == Opcode::Else) {
    frames_.back().kind = FrameKind::Else;
  } else {
    pop_label();
    frames_.pop_back();
  }
  return {};
}

// The instruction whose mnemonic is here; it is left there.
Result<Opcode> ModuleParser::opcode() {
  if (!in_.at(TokenKind::Keyword)) return in_.unexpected();
  std::optional<Opcode> op = find_opcode(in_.spelling());
  if (!op) return in_.unexpected();
  Feature feature = info(*op).feature;
  if (!features_.has(feature)) {
    return in_.fail_here(
        concat("unknown operator ", in_.spelling(), ": the feature ", feature_name(feature), " is off"));
  }
  return *op;
}

// An instruction that opens no block: opcode and immediates.
Result<void> ModuleParser::operation(Opcode op, std::vector<u8>& out) {
  in_.advance();
  if (op == Opcode::Select && in_.at_open("result")) {
    if (!features_.has(Feature::ReferenceTypes)) return in_.fail_here("unexpected token (result");
    op = Opcode::SelectTyped;
  }
  write_opcode(out, op);
  return immediates(op, out);
}

Result<void> ModuleParser::immediates(Opcode op, std::vector<u8>& out) {
  switch (info(op).immediates) {
    case Immediates::None:
      return {};
    case Immediates::BlockType:
      return block_type(out);
    case Immediates::Label:
      write_leb_unsigned(out, TRY(label()));
      return {};
    case Immediates::LabelTable: {
      Section targets;
      u32 target = TRY(label());  // the last one is the default
      for (; at_index(); ++targets.count) {
        write_leb_unsigned(targets.bytes, target);
        target = TRY(label());
      }
      write_vector(out, targets);
      write_leb_unsigned(out, target);
      return {};
    }
    case Immediates::Func:
      write_leb_unsigned(out, TRY(index(Space::Func)));
      return {};
    case Immediates::TypeTable: {
      u32 table = TRY(index_or_zero(Space::Table));
      write_leb_unsigned(out, TRY(resolve(TRY(type_use(Ids::Refused)))));
      write_leb_unsigned(out, table);
      return {};
    }
    case Immediates::ValueTypes: {
      std::vector<ValueType> types;
      TRY(value_types("result", Ids::Refused, types));
      write_leb_unsigned(out, types.size());
      for (ValueType type : types) out.push_back(u8(type));
      return {};
    }
    case Immediates::Local:
      write_leb_unsigned(out, TRY(local()));
      return {};
    case Immediates::Global:
      write_leb_unsigned(out, TRY(index(Space::Global)));
      return {};
    case Immediates::Table:
      write_leb_unsigned(out, TRY(index_or_zero(Space::Table)));
      return {};
    case Immediates::Memory:
      write_leb_unsigned(out, TRY(index_or_zero(Space::Memory)));
      return {};
    case Immediates::Memory0: return memarg(0, out);
    case Immediates::Memory1: return memarg(1, out);
    case Immediates::Memory2: return memarg(2, out);
    case Immediates::Memory3: return memarg(3, out);
    case Immediates::Memory4: return memarg(4, out);
    case Immediates::I32: case Immediates::I64: {
      if (!in_.at(TokenKind::Natural) && !in_.at(TokenKind::Integer)) return in_.unexpected();
      unsigned bits = info(op).immediates == Immediates::I32 ? 32 : 64;
      std::optional<u64> value = integer_value(in_.spelling(), bits);
      if (!value) return in_.fail_here("constant out of range");
      write_leb_signed(out, bits == 32 ? i64(i32(u32(*value))) : i64(*value));
      in_.advance();
      return {};
    }
    case Immediates::F32: case Immediates::F64: {
      bool is_number = in_.at(TokenKind::Natural) || in_.at(TokenKind::Integer) || in_.at(TokenKind::Float);
      if (!is_number) return in_.unexpected();
      unsigned bits = info(op).immediates == Immediates::F32 ? 32 : 64;
      std::optional<u64> value = float_value(in_.spelling(), bits);
      if (!value) return in_.fail_here("constant out of range");
      for (unsigned shift = 0; shift < bits; shift += 8) out.push_back(u8(*value >> shift));
      in_.advance();
      return {};
    }
    case Immediates::HeapType:
      if (in_.accept_keyword("func")) out.push_back(u8(ValueType::FuncRef));
      else if (in_.accept_keyword("extern")) out.push_back(u8(ValueType::ExternRef));
      else return in_.unexpected();
      return {};
    case Immediates::DataMemory:
      needs_data_count_ = true;
      return index_after_optional(Space::Memory, Space::Data, out);
    case Immediates::Data:
      needs_data_count_ = true;
      write_leb_unsigned(out, TRY(index(Space::Data)));
      return {};
    case Immediates::ElemTable:
      return index_after_optional(Space::Table, Space::Elem, out);
    case Immediates::Elem:
      write_leb_unsigned(out, TRY(index(Space::Elem)));
      return {};
    case Immediates::MemoryMemory: case Immediates::TableTable: {
      Space in = info(op).immediates == Immediates::MemoryMemory ? Space::Memory : Space::Table;
      bool given = at_index();  // both or neither
      write_leb_unsigned(out, given ? TRY(index(in)) : 0);
      write_leb_unsigned(out, given ? TRY(index(in)) : 0);
      return {};
    }
  }
  UNREACHABLE("an immediate without text");
}

// `container? segment` in the text, `segment container` in the binary.
Result<void> ModuleParser::index_after_optional(Space container, Space segment, std::vector<u8>& out) {
  bool both = in_.ahead().kind == TokenKind::Natural || in_.ahead().kind == TokenKind::Id ||
              in_.ahead().kind == TokenKind::QuotedId;
  u32 of = both ? TRY(index(container)) : 0;
  write_leb_unsigned(out, TRY(index(segment)));
  write_leb_unsigned(out, of);
  return {};
}

// A single value type without params is its own block type; all else is a type index (5.4.1).
Result<void> ModuleParser::block_type(std::vector<u8>& out) {
  TypeUse use = TRY(type_use(Ids::Refused));
  if (!use.index && use.type.params.empty() && use.type.results.size() <= 1) {
    out.push_back(use.type.results.empty() ? 0x40 : u8(use.type.results[0]));
    return {};
  }
  write_leb_signed(out, i64(TRY(resolve(use))));
  return {};
}

// The N of "prefixN", if that is here.
Result<std::optional<u64>> ModuleParser::memarg_number(std::string_view prefix) {
  if (!in_.at(TokenKind::Keyword) || !in_.spelling().starts_with(prefix)) return std::optional<u64>();
  std::string_view digits = in_.spelling().substr(prefix.size());
  Token number = Lexer(digits).next();
  if (number.kind != TokenKind::Natural) return in_.unexpected();
  unsigned bits = features_.has(Feature::Memory64) ? 64 : 32;
  std::optional<u64> value = natural_value(digits, bits);
  if (!value) return in_.fail_here(concat("i", bits, " constant out of range"));
  in_.advance();
  return value;
}

// memory? offset=N? align=N? (6.5.6); bit 6 of the alignment says that a memory index follows.
Result<void> ModuleParser::memarg(unsigned natural_alignment, std::vector<u8>& out) {
  u32 memory = TRY(index_or_zero(Space::Memory));
  u64 offset = TRY(memarg_number("offset=")).value_or(0);
  Token token = in_.token();
  u64 alignment = TRY(memarg_number("align=")).value_or(u64{1} << natural_alignment);
  if (!std::has_single_bit(alignment)) return in_.fail_at_token(token, "alignment must be a power of two");
  write_leb_unsigned(out, u32(std::countr_zero(alignment)) | (memory ? 0x40 : 0));
  if (memory) write_leb_unsigned(out, memory);
  write_leb_unsigned(out, offset);
  return {};
}

std::optional<std::string> ModuleParser::label_id() {
  if (!in_.at_id()) return std::nullopt;
  std::string name = in_.id_name();
  in_.advance();
  return name;
}

void ModuleParser::push_label(std::optional<std::string> name) {
  u32 depth = u32(labels_.size()) + 1;
  u32 shadowed = name ? std::exchange(label_depths_[*name], depth) : 0;
  labels_.push_back({std::move(name), shadowed});
}

void ModuleParser::pop_label() {
  Label& label = labels_.back();
  if (label.name && label.shadowed) label_depths_[*label.name] = label.shadowed;
  else if (label.name) label_depths_.erase(*label.name);
  labels_.pop_back();
}

// The id behind `else` or `end`, which may only repeat that of the block.
Result<void> ModuleParser::matching_label() {
  if (!in_.at_id()) return {};
  if (labels_.back().name != in_.id_name()) return in_.fail_here(concat("mismatching label ", in_.spelling()));
  in_.advance();
  return {};
}

Result<u32> ModuleParser::label() {
  if (!in_.at_id()) return u32(TRY(in_.natural(32)));
  auto found = label_depths_.find(in_.id_name());
  if (found == label_depths_.end()) return in_.fail_here(concat("unknown label ", in_.spelling()));
  in_.advance();
  return u32(labels_.size()) - found->second;
}

Result<u32> ModuleParser::local() {
  if (!in_.at_id()) return u32(TRY(in_.natural(32)));
  auto found = locals_.indices.find(in_.id_name());
  if (found == locals_.indices.end()) return in_.fail_here(concat("unknown local ", in_.spelling()));
  in_.advance();
  return found->second;
}

Result<u32> ModuleParser::index(Space in) {
  if (!in_.at_id()) return u32(TRY(in_.natural(32)));
  auto found = space(in).indices.find(in_.id_name());
  if (found == space(in).indices.end()) {
    constexpr std::string_view words[] = {"type",   "function",     "table",       "memory",
                                          "global", "elem segment", "data segment"};
    if (!names_incomplete_) return in_.fail_here(concat("unknown ", words[u8(in)], " ", in_.spelling()));
    in_.advance();
    return u32{0};
  }
  in_.advance();
  return found->second;
}

Result<u32> ModuleParser::index_or_zero(Space in) {
  if (!at_index()) return u32{0};
  return index(in);
}

}  // namespace skerry::text
