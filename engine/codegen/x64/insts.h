// The tables of insts.def: an enum per shape of operands, and for each enumerator its encoding, the CPU
// feature that it needs and its mnemonic.

#pragma once

#include <string_view>

#include "base/types.h"
#include "engine/codegen/x64/cpu.h"

namespace skerry::x64 {

// The mandatory prefix, and the opcode map: numbered as VEX does in its fields pp and mmmmm.
enum class Prefix : u8 { None, P66, PF3, PF2 };
enum class Map : u8 { Primary, M0F, M0F38, M0F3A };

struct Encoding {
  Prefix prefix = Prefix::None;
  Map map = Map::Primary;
  u8 opcode = 0;
};

// Which operands the VEX form of an SSE instruction has (insts.def, SSE).
enum class VexForm : u8 { No, Two, Three };
enum class MoveFrom : u8 { Memory, Register };

// --- one enum per shape

enum class Alu : u8 {
#define ALU(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class Shift : u8 {
#define SHIFT(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class DoubleShift : u8 {
#define DOUBLE_SHIFT(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class Unary : u8 {
#define UNARY(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class RmR : u8 {
#define RM_R(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class RmI : u8 {
#define RM_I(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class Locked : u8 {
#define LOCKED(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class RRm : u8 {
#define R_RM(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class Bit : u8 {
#define BIT(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class VexRRRm : u8 {
#define VEX_R_R_RM(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class VexRRmR : u8 {
#define VEX_R_RM_R(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class VexRRm : u8 {
#define VEX_R_RM(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class SegmentBase : u8 {
#define SEGMENT_BASE(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class Plain : u8 {
#define PLAIN(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class Sse : u8 {
#define SSE(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class SseI : u8 {
#define SSE_I(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class SseMove : u8 {
#define SSE_MOVE(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class SseShift : u8 {
#define SSE_SHIFT(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class SseToGpr : u8 {
#define SSE_TO_GPR(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class SseMask : u8 {
#define SSE_MASK(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};
enum class GprToSse : u8 {
#define GPR_TO_SSE(Name, ...) Name,
#include "engine/codegen/x64/insts.def"
};

// --- what the columns say of each

namespace detail {

// The mnemonic of a function: and_ is "and".
consteval std::string_view mnemonic(std::string_view function) {
  if (function.ends_with('_')) function.remove_suffix(1);
  return function;
}

}  // namespace detail

// What an instruction is called and what a processor must have for its legacy encoding.
struct InstInfo {
  std::string_view mnemonic;
  CpuFeature feature = CpuFeature::Sse2;
};

struct DigitInfo : InstInfo { u8 digit; };
struct OpcodeInfo : InstInfo { Encoding encoding; };
struct OpcodeDigitInfo : InstInfo { Encoding encoding; u8 digit; };
struct PlainInfo : InstInfo { u8 length; u32 bytes; };
struct SseInfo : InstInfo { Encoding encoding; u8 bits; VexForm vex; };
struct SseMoveInfo : InstInfo { Encoding load, store; u8 bits; MoveFrom from; };

#define INST_NAME(function) {detail::mnemonic(#function)}
#define INST_NAME_FEATURE(function, feature) {detail::mnemonic(#function), CpuFeature::feature}
#define INST_ENCODING(prefix, map, opcode) {Prefix::prefix, Map::map, opcode}

constexpr DigitInfo alu_infos[] = {
#define ALU(Name, function, digit) {INST_NAME(function), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr DigitInfo shift_infos[] = {
#define SHIFT(Name, function, digit) {INST_NAME(function), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo double_shift_infos[] = {
#define DOUBLE_SHIFT(Name, function, opcode) {INST_NAME(function), INST_ENCODING(None, M0F, opcode)},
#include "engine/codegen/x64/insts.def"
};
constexpr DigitInfo unary_infos[] = {
#define UNARY(Name, function, digit) {INST_NAME(function), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo rm_r_infos[] = {
#define RM_R(Name, function, map, opcode) {INST_NAME(function), INST_ENCODING(None, map, opcode)},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeDigitInfo rm_i_infos[] = {
#define RM_I(Name, function, opcode, digit) {INST_NAME(function), INST_ENCODING(None, Primary, opcode), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo locked_infos[] = {
#define LOCKED(Name, function, map, opcode) {INST_NAME(function), INST_ENCODING(None, map, opcode)},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo r_rm_infos[] = {
#define R_RM(Name, function, prefix, map, opcode, feature) \
  {INST_NAME_FEATURE(function, feature), INST_ENCODING(prefix, map, opcode)},
#include "engine/codegen/x64/insts.def"
};
constexpr DigitInfo bit_infos[] = {
#define BIT(Name, function, digit) {INST_NAME(function), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo vex_r_r_rm_infos[] = {
#define VEX_R_R_RM(Name, function, prefix, map, opcode, feature) \
  {INST_NAME_FEATURE(function, feature), INST_ENCODING(prefix, map, opcode)},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo vex_r_rm_r_infos[] = {
#define VEX_R_RM_R(Name, function, prefix, map, opcode, feature) \
  {INST_NAME_FEATURE(function, feature), INST_ENCODING(prefix, map, opcode)},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeDigitInfo vex_r_rm_infos[] = {
#define VEX_R_RM(Name, function, prefix, map, opcode, digit, feature) \
  {INST_NAME_FEATURE(function, feature), INST_ENCODING(prefix, map, opcode), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr DigitInfo segment_base_infos[] = {
#define SEGMENT_BASE(Name, function, digit) {INST_NAME_FEATURE(function, Fsgsbase), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr PlainInfo plain_infos[] = {
#define PLAIN(Name, function, length, bytes, feature) {INST_NAME_FEATURE(function, feature), length, bytes},
#include "engine/codegen/x64/insts.def"
};
constexpr SseInfo sse_infos[] = {
#define SSE(Name, function, prefix, map, opcode, bits, vex, feature) \
  {INST_NAME_FEATURE(function, feature), INST_ENCODING(prefix, map, opcode), bits, VexForm::vex},
#include "engine/codegen/x64/insts.def"
};
constexpr SseInfo sse_i_infos[] = {
#define SSE_I(Name, function, prefix, map, opcode, bits, vex, feature) \
  {INST_NAME_FEATURE(function, feature), INST_ENCODING(prefix, map, opcode), bits, VexForm::vex},
#include "engine/codegen/x64/insts.def"
};
constexpr SseMoveInfo sse_move_infos[] = {
#define SSE_MOVE(Name, function, load_prefix, load_opcode, store_prefix, store_opcode, bits, from) \
  {INST_NAME(function), INST_ENCODING(load_prefix, M0F, load_opcode),                              \
   INST_ENCODING(store_prefix, M0F, store_opcode), bits, MoveFrom::from},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeDigitInfo sse_shift_infos[] = {
#define SSE_SHIFT(Name, function, opcode, digit) {INST_NAME(function), INST_ENCODING(P66, M0F, opcode), digit},
#include "engine/codegen/x64/insts.def"
};
constexpr SseInfo sse_to_gpr_infos[] = {
#define SSE_TO_GPR(Name, function, prefix, opcode, bits) \
  {INST_NAME(function), INST_ENCODING(prefix, M0F, opcode), bits, VexForm::Two},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo sse_mask_infos[] = {
#define SSE_MASK(Name, function, prefix, opcode) {INST_NAME(function), INST_ENCODING(prefix, M0F, opcode)},
#include "engine/codegen/x64/insts.def"
};
constexpr OpcodeInfo gpr_to_sse_infos[] = {
#define GPR_TO_SSE(Name, function, prefix, opcode) {INST_NAME(function), INST_ENCODING(prefix, M0F, opcode)},
#include "engine/codegen/x64/insts.def"
};

#undef INST_NAME
#undef INST_NAME_FEATURE
#undef INST_ENCODING

// info(Alu::Add).digit
constexpr const DigitInfo& info(Alu op) { return alu_infos[u32(op)]; }
constexpr const DigitInfo& info(Shift op) { return shift_infos[u32(op)]; }
constexpr const OpcodeInfo& info(DoubleShift op) { return double_shift_infos[u32(op)]; }
constexpr const DigitInfo& info(Unary op) { return unary_infos[u32(op)]; }
constexpr const OpcodeInfo& info(RmR op) { return rm_r_infos[u32(op)]; }
constexpr const OpcodeDigitInfo& info(RmI op) { return rm_i_infos[u32(op)]; }
constexpr const OpcodeInfo& info(Locked op) { return locked_infos[u32(op)]; }
constexpr const OpcodeInfo& info(RRm op) { return r_rm_infos[u32(op)]; }
constexpr const DigitInfo& info(Bit op) { return bit_infos[u32(op)]; }
constexpr const OpcodeInfo& info(VexRRRm op) { return vex_r_r_rm_infos[u32(op)]; }
constexpr const OpcodeInfo& info(VexRRmR op) { return vex_r_rm_r_infos[u32(op)]; }
constexpr const OpcodeDigitInfo& info(VexRRm op) { return vex_r_rm_infos[u32(op)]; }
constexpr const DigitInfo& info(SegmentBase op) { return segment_base_infos[u32(op)]; }
constexpr const PlainInfo& info(Plain op) { return plain_infos[u32(op)]; }
constexpr const SseInfo& info(Sse op) { return sse_infos[u32(op)]; }
constexpr const SseInfo& info(SseI op) { return sse_i_infos[u32(op)]; }
constexpr const SseMoveInfo& info(SseMove op) { return sse_move_infos[u32(op)]; }
constexpr const OpcodeDigitInfo& info(SseShift op) { return sse_shift_infos[u32(op)]; }
constexpr const SseInfo& info(SseToGpr op) { return sse_to_gpr_infos[u32(op)]; }
constexpr const OpcodeInfo& info(SseMask op) { return sse_mask_infos[u32(op)]; }
constexpr const OpcodeInfo& info(GprToSse op) { return gpr_to_sse_infos[u32(op)]; }

}  // namespace skerry::x64
