// Binary modules put together by hand, for what text is too slow or too well-behaved for.
//
//   Code code;
//   code.op(Opcode::LocalGet, 0).op(Opcode::Drop).op(Opcode::End);
//   std::vector<u8> wasm = module_of({{ValueType::I32}, {}}, code.bytes, {{3, ValueType::I64}});

#pragma once

#include <initializer_list>
#include <vector>

#include "base/leb128.h"
#include "engine/wasm/opcodes.h"
#include "engine/wasm/types.h"

namespace skerry::tests {

// The bytes of instructions.
struct Code {
  std::vector<u8> bytes;

  // An instruction and its immediates, all unsigned numbers.
  Code& op(Opcode opcode, std::initializer_list<u64> immediates = {}) {
    if (info(opcode).prefix) {
      bytes.push_back(info(opcode).prefix);
      write_leb_unsigned(bytes, info(opcode).code);
    } else {
      bytes.push_back(u8(info(opcode).code));
    }
    for (u64 immediate : immediates) write_leb_unsigned(bytes, immediate);
    return *this;
  }
  Code& op(Opcode opcode, u64 immediate) { return op(opcode, {immediate}); }
  // block, loop, if without parameters: 0x40 is no result, a value type one, else the type's index.
  Code& open(Opcode opcode, u8 block_type = 0x40) {
    op(opcode);
    bytes.push_back(block_type);
    return *this;
  }
  Code& i32_const(i32 value) {
    op(Opcode::I32Const);
    write_leb_signed(bytes, value);
    return *this;
  }
  Code& i64_const(i64 value) {
    op(Opcode::I64Const);
    write_leb_signed(bytes, value);
    return *this;
  }
  Code& end() { return op(Opcode::End); }
};

struct LocalGroup {
  u32 count;
  ValueType type;
};

// A module of one function, exported as "f", with a memory of one page. `code` ends with its `end`. More types may follow the
// function's, which is type 0.
std::vector<u8> module_of(const FuncType& type, const std::vector<u8>& code, const std::vector<LocalGroup>& locals = {},
                          const std::vector<FuncType>& more_types = {});

}  // namespace skerry::tests
