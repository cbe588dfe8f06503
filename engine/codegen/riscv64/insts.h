// The tables of insts.def: an enum per shape of operands, and for each enumerator its mnemonic, its encoding and
// the CPU features that it needs.

#pragma once

#include <string_view>

#include "base/types.h"
#include "engine/codegen/riscv64/cpu.h"

namespace skerry::riscv64 {

// --- one enum per shape

enum class RRR : u8 {
#define R_R_R(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class RR : u8 {
#define R_R(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class RRI : u8 {
#define R_R_I(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class Shift : u8 {
#define SHIFT(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class Load : u8 {
#define LOAD(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class Store : u8 {
#define STORE(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class Atomic : u8 {
#define ATOMIC(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class FFF : u8 {
#define F_F_F(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class RFF : u8 {
#define R_F_F(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class FloatToInt : u8 {
#define FLOAT_TO_INT(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class IntToFloat : u8 {
#define INT_TO_FLOAT(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};
enum class Plain : u8 {
#define PLAIN(Name, ...) Name,
#include "engine/codegen/riscv64/insts.def"
};

// --- one table per enum

struct InstInfo {
  std::string_view mnemonic;
  u32 word;           // the encoding, its operands zero
  CpuFeatures needs;
  u32 bits = 0;       // of Shift: what the amount is below
  bool rounds = false;
};

// The fields of an instruction that are not operands (volume I, "Base Instruction Formats").
constexpr u32 opcode_word(u32 opcode, u32 funct3, u32 high = 0, u32 high_at = 25) {
  return opcode | funct3 << 12 | high << high_at;
}

constexpr u32 opcode_load = 0x03, opcode_load_fp = 0x07, opcode_auipc = 0x17, opcode_store = 0x23,
              opcode_store_fp = 0x27, opcode_amo = 0x2f, opcode_lui = 0x37, opcode_op_fp = 0x53, opcode_branch = 0x63,
              opcode_jalr = 0x67, opcode_jal = 0x6f;

// Where instructions hold their immediates (volume I, "Immediate Encoding Variants").
constexpr u32 i_immediate(i32 value) { return u32(value) << 20; }
constexpr u32 s_immediate(i32 value) { return (u32(value) & 0xfe0) << 20 | (u32(value) & 0x1f) << 7; }
constexpr u32 b_immediate(i32 value) {
  u32 v = u32(value);
  return (v >> 12 & 1) << 31 | (v >> 5 & 0x3f) << 25 | (v >> 1 & 0xf) << 8 | (v >> 11 & 1) << 7;
}
constexpr u32 j_immediate(i32 value) {
  u32 v = u32(value);
  return (v >> 20 & 1) << 31 | (v >> 1 & 0x3ff) << 21 | (v >> 11 & 1) << 20 | (v >> 12 & 0xff) << 12;
}
constexpr u32 u_immediate(i32 upper) { return u32(upper) << 12; }

namespace needs {
inline constexpr CpuFeatures Base;
#define FEATURE(Name, ...) inline constexpr CpuFeatures Name = CpuFeatures().with(CpuFeature::Name);
#include "engine/codegen/riscv64/cpu.def"
}  // namespace needs

constexpr InstInfo r_r_r_infos[] = {
#define R_R_R(Name, function, mnemonic, opcode, funct3, funct7, feature) \
  {mnemonic, opcode_word(opcode, funct3, funct7), needs::feature},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo r_r_infos[] = {
#define R_R(Name, function, mnemonic, opcode, funct3, funct12, feature) \
  {mnemonic, opcode_word(opcode, funct3, funct12, 20), needs::feature},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo r_r_i_infos[] = {
#define R_R_I(Name, function, mnemonic, opcode, funct3) {mnemonic, opcode_word(opcode, funct3), needs::Base},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo shift_infos[] = {
#define SHIFT(Name, function, mnemonic, opcode, funct3, funct6, bits, feature) \
  {mnemonic, opcode_word(opcode, funct3, funct6, 26), needs::feature, bits},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo load_infos[] = {
#define LOAD(Name, function, mnemonic, funct3) {mnemonic, opcode_word(opcode_load, funct3), needs::Base},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo store_infos[] = {
#define STORE(Name, function, mnemonic, funct3) {mnemonic, opcode_word(opcode_store, funct3), needs::Base},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo atomic_infos[] = {
#define ATOMIC(Name, function, mnemonic, funct5) {mnemonic, opcode_word(opcode_amo, 2, funct5, 27), needs::Base},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo f_f_f_infos[] = {
#define F_F_F(Name, function, mnemonic, funct5, funct3, rounds) \
  {mnemonic, opcode_word(opcode_op_fp, funct3, funct5, 27), needs::Base, 0, rounds},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo r_f_f_infos[] = {
#define R_F_F(Name, function, mnemonic, funct3) {mnemonic, opcode_word(opcode_op_fp, funct3, 0x14, 27), needs::Base},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo float_to_int_infos[] = {
#define FLOAT_TO_INT(Name, function, mnemonic, selector) \
  {mnemonic, opcode_word(opcode_op_fp, 0, 0x18, 27) | selector << 20, needs::Base},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo int_to_float_infos[] = {
#define INT_TO_FLOAT(Name, function, suffix, selector) \
  {suffix, opcode_word(opcode_op_fp, 0, 0x1a, 27) | selector << 20, needs::Base},
#include "engine/codegen/riscv64/insts.def"
};
constexpr InstInfo plain_infos[] = {
#define PLAIN(Name, function, mnemonic, word) {mnemonic, word, needs::Base},
#include "engine/codegen/riscv64/insts.def"
};

// info(RRR::Add).mnemonic
constexpr const InstInfo& info(RRR op) { return r_r_r_infos[u32(op)]; }
constexpr const InstInfo& info(RR op) { return r_r_infos[u32(op)]; }
constexpr const InstInfo& info(RRI op) { return r_r_i_infos[u32(op)]; }
constexpr const InstInfo& info(Shift op) { return shift_infos[u32(op)]; }
constexpr const InstInfo& info(Load op) { return load_infos[u32(op)]; }
constexpr const InstInfo& info(Store op) { return store_infos[u32(op)]; }
constexpr const InstInfo& info(Atomic op) { return atomic_infos[u32(op)]; }
constexpr const InstInfo& info(FFF op) { return f_f_f_infos[u32(op)]; }
constexpr const InstInfo& info(RFF op) { return r_f_f_infos[u32(op)]; }
constexpr const InstInfo& info(FloatToInt op) { return float_to_int_infos[u32(op)]; }
constexpr const InstInfo& info(IntToFloat op) { return int_to_float_infos[u32(op)]; }
constexpr const InstInfo& info(Plain op) { return plain_infos[u32(op)]; }

}  // namespace skerry::riscv64
