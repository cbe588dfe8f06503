// HAZARDS rows 1 to 6: the upper halves of i32, addresses, folded loads, sizes.

#include <set>

#include "engine/wasm/opcodes.h"
#include "tests/hazards/same.h"

namespace skerry::hazards {
namespace {

constexpr std::string_view loads[] = {"i32.load",    "i64.load",    "f32.load",    "f64.load",   "i32.load8_s",
                                      "i32.load8_u", "i32.load16_s", "i32.load16_u", "i64.load8_s", "i64.load8_u",
                                      "i64.load16_s", "i64.load16_u", "i64.load32_s", "i64.load32_u"};

u32 width_of(std::string_view load) {
  if (load.find("8") != load.npos) return 1;
  if (load.find("16") != load.npos) return 2;
  if (load.find("load32") != load.npos || load == "i32.load" || load == "f32.load") return 4;
  return 8;
}
Text type_of(std::string_view load) { return Text(load.substr(0, 3)); }

// A page of bytes that differ, and lie in the rest of the address space nowhere.
Text memory() {
  Text bytes;
  for (u32 i = 0; i < 256; ++i) bytes += concat("\\", hex((i * 167 + 13) & 0xff, 2));
  return concat("(memory 1 2) (data (i32.const 0) \"", bytes, "\") (data (i32.const 65280) \"", bytes, "\")");
}

std::vector<u64> near_wraps() {
  return {0, 1, 8, 0x1fff, 0xfff8, 0x1fffffff, 0x20000000, 0x20000001, 0x3fffffff, 0x40000000, 0x40000002,
          0x7fffffff, 0x80000000, 0x80000004, 0xc0000000, 0xe0000000, 0xfffffff8, 0xfffffffe, 0xffffffff};
}

// CVE-2023-26489: the shift of an address was folded into the access, at 35 bits.
TEST(Hazard01, ArithmeticOfAddressesWraps) {
  constexpr std::string_view addresses[] = {
      "(i32.shl (local.get 0) (i32.const 1))",
      "(i32.shl (local.get 0) (i32.const 2))",
      "(i32.shl (local.get 0) (i32.const 3))",
      "(i32.add (local.get 0) (i32.const 0x7ffffff8))",
      "(i32.add (local.get 0) (i32.const -8))",
      "(i32.add (local.get 0) (local.get 0))",
      "(i32.add (i32.shl (local.get 0) (i32.const 3)) (local.get 0))",
      "(i32.add (i32.const 16) (i32.shl (local.get 0) (i32.const 2)))",
      "(i32.or (i32.shl (local.get 0) (i32.const 3)) (i32.const 4))",
      "(i32.sub (local.get 0) (i32.const 1))",
      "(i32.sub (i32.const 0) (local.get 0))",
      "(i32.mul (local.get 0) (i32.const 9))",
      "(i32.wrap_i64 (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 3)))",
      "(i32.wrap_i64 (i64.add (i64.extend_i32_s (local.get 0)) (i64.const 0x100000008)))",
  };
  for (std::string_view load : loads) {
    Text wat = "(module " + memory();
    std::vector<Calls> calls;
    for (std::string_view address : addresses) {
      for (u32 offset : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
        Text name = concat("f", calls.size());
        wat += concat("(func (export \"", name, "\") (param i32) (result ", type_of(load), ") (", load,
                      " offset=", offset, " ", address, "))\n");
        calls.push_back({name, each(near_wraps())});
      }
    }
    expect_same(wat + ")", calls);
  }
}

// The same of counters, whose values a compiler may believe to know: loops that begin, step and end near where numbers
// and sums wrap, and those that step over their end. Each stops after so many rounds as it is asked for.
TEST(Hazard01, CountersInAddressesWrap) {
  constexpr u32 inits[] = {0, 1, 0xffffffff, 0xfffffff0, 0xffffffc0, 65500, 0x7ffffff0, 0x80000000, 0xffffff00};
  constexpr i32 steps[] = {1, -1, 3, 16, -16};
  constexpr u32 lasts[] = {0, 1, 48, 65536, 0x80000000, 0xfffffff0};
  constexpr u32 bases[] = {0, 64, 0xfffffff0, 65472, 0x80000000, 256};
  constexpr std::string_view accesses[] = {"i32.load8_u", "i32.load offset=3", "i32.load16_u offset=65528"};
  constexpr u32 per_module = 90;
  Text functions;
  std::vector<Calls> calls;
  u32 number = 0;
  auto check = [&] {
    expect_same(concat("(module ", memory(), functions, ")"), calls);
    functions.clear();
    calls.clear();
  };
  for (u32 init : inits)
    for (i32 step : steps)
      for (u32 last : lasts)
        for (u32 base : bases) {
          std::string_view access = accesses[++number % std::size(accesses)];
          Text name = concat("f", number), counter = "(local.get $i)", constant = concat("(i32.const ", i32(base), ")");
          // A shift that bits may leave, a base from outside, and one that is known but for its low bits.
          if (number % 5 == 1) counter = "(i32.shl (local.get $i) (i32.const 2))";
          if (number % 7 == 2) constant = "(local.get $any)";
          if (number % 7 == 3) constant = concat("(i32.add (i32.and (local.get $any) (i32.const 15)) ", constant, ")");
          functions += concat("(func (export \"", name, "\") (param $rounds i32) (param $any i32) (result i32)",
                              " (local $i i32) (local $base i32) (local $sum i32)",
                              " (local.set $i (i32.const ", i32(init), ")) (local.set $base ", constant, ")",
                              " (loop $next (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (", access,
                              " (i32.add ", counter, " (local.get $base)))))");
          functions += concat("(local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))",
                              "(if (i32.eqz (local.get $rounds)) (then (return (local.get $sum))))",
                              "(br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const ", step,
                              "))) (i32.const ", i32(last), "))))(local.get $sum))\n");
          calls.push_back({name, {{1, 64}, {2, 65535}, {17, 0xfffffffa}, {300, base}}});
          if (calls.size() == per_module) check();
        }
  check();
}

// CVE-2021-32629: a spilled i32 came back with the wrong extension.
TEST(Hazard02, SpilledNumbersWithBit31) {
  constexpr u32 count = 40;
  Text locals, sets, loads_after, sums;
  for (u32 i = 0; i < count; ++i) {
    locals += "(local i32)";
    sets += concat("(local.set ", i + 2, " (i32.add (local.get 0) (i32.const ", 0x80000000u + 8 * i, ")))");
    loads_after += concat("(if (i32.eq (local.get 1) (i32.const ", i, ")) (then (return (i64.load32_u (local.get ",
        i + 2, ")))))");
    sums += concat("(i64.add (i64.extend_i32_u (local.get ", i + 2, ")))(i64.add (i64.load8_u (i32.sub (local.get ",
        i + 2,
                   ") (i32.const 0x80000000))))");
  }
  Text wat = concat("(module ", memory(), "(func $clobber (param i32) (result i32) (local.get 0))",
                    "(func (export \"f\") (param i32 i32) (result i64) ", locals, sets,
                    "(local.set 0 (call $clobber (local.get 0)))", loads_after, "(i64.const 0)", sums, "))");
  Arguments arguments;
  for (u64 x : {0ull, 64ull, 65000ull, 0x7ffffff8ull, 0x80000000ull, 0x80000100ull, 0xfffffff0ull})
    for (u64 i : {0, 1, 23, 39, 100}) arguments.push_back({x, i});
  expect_same(wat, {{"f", arguments}});
}

// CVE-2026-34971: the address that was checked was not the one that was accessed, where it is shifted by more than its
// width. Some of the contenders check explicitly, others by guards.
TEST(Hazard03, ShiftsWithinAddresses) {
  constexpr std::string_view ops[] = {"shl", "shr_s", "shr_u", "rotl", "rotr"};
  constexpr std::string_view accesses[] = {"i32.load8_u", "i64.load", "i32.load16_s offset=65530",
                                           "i64.load32_u offset=1"};
  for (std::string_view op : ops) {
    Text functions;
    std::vector<Calls> calls;
    auto add = [&](const Text& address, const Arguments& arguments) {
      for (std::string_view access : accesses) {
        Text name = concat("f", calls.size()), stored = concat("s", calls.size()), type = type_of(access);
        functions += concat("(func (export \"", name, "\") (param i32 i64) (result ", type, ") (", access, " ", address,
                            "))\n");
        // The same place, checked and accessed by a store.
        functions += concat("(func (export \"", stored, "\") (param i32 i64) (result i32) (i32.store8 offset=7 ",
                            address, " (i32.wrap_i64 (local.get 1))) (i32.load8_u offset=7 ", address, "))\n");
        calls.push_back({name, arguments});
        calls.push_back({stored, arguments});
      }
    };
    // What is shifted to just before and behind the end of memory, there and back, and what has its upper bits set.
    auto numbers_for = [&](u32 k) {
      std::set<u64> all = {0, 1, 0x80000000, 0xffffffff, 0x7fffffff, 0x10000};
      for (u64 end : {u64{65'527}, u64{65'528}, u64{65'535}, u64{65'536}})
        for (u64 number : {end >> (k % 32), end << (k % 32), end << (k % 64) >> 32}) all.insert(u32(number));
      return all;
    };
    for (u32 k = 0; k < 128; ++k) {
      Arguments arguments;
      for (u64 x : numbers_for(k)) arguments.push_back({x, x | u64{k} << 57});
      if (k % 4 == 3 || k % 32 < 3) add(concat("(i32.", op, " (local.get 0) (i32.const ", k, "))"), arguments);
      if (k % 4 == 1 || k % 64 < 3)
        add(concat("(i32.wrap_i64 (i64.", op, " (local.get 1) (i64.const ", k, ")))"), arguments);
    }
    Arguments amounts;
    for (u64 k = 0; k < 128; ++k)
      for (u64 x : numbers_for(u32(k)))
        if (x % 3 != 1) amounts.push_back({x, k});
    add(concat("(i32.", op, " (local.get 0) (i32.wrap_i64 (local.get 1)))"), amounts);
    add(concat("(i32.wrap_i64 (i64.", op, " (i64.extend_i32_u (local.get 0)) (local.get 1)))"), amounts);
    expect_same(concat("(module ", memory(), functions, ")"), calls);
  }
}

// CVE-2026-34987: an i32 that was used as an address was taken to be zero-extended.
TEST(Hazard04, EveryOriginOfAnAddress) {
  std::vector<Calls> calls;
  Text functions;
  auto add = [&](std::string_view locals, const Text& address) {
    for (std::string_view load : {"i32.load8_u", "i64.load32_s"}) {
      Text name = concat("f", calls.size());
      functions += concat("(func (export \"", name, "\") (param i32 i64 f32 f64 i32) (result ", type_of(load), ") ",
          locals,
                          "(", load, " ", address, "))\n");
      Arguments arguments;
      for (u64 x : near_wraps()) {
        f32 single = f32(i32(x));
        f64 real = f64(i32(x));
        for (u64 high : {0ull, 0xffffffff00000000ull, 0x8000000000000000ull})
          arguments.push_back({x, x | high, std::bit_cast<u32>(single), std::bit_cast<u64>(real), (x + high) % 3});
      }
      calls.push_back({name, arguments});
    }
  };
  for (const OpcodeInfo& row : opcode_table) {
    if (row.signature == "*" || row.signature.back() != 'i' || row.signature.front() == ':') continue;
    auto operand = [&](char letter) -> Text {
      switch (letter) {
        case 'l': return "(local.get 1)";
        case 'f': return "(local.get 2)";
        case 'd': return "(local.get 3)";
        default: return "(local.get 0)";
      }
    };
    Text operands = operand(row.signature[0]);
    if (row.signature[1] != ':') operands += operand(row.signature[1]);
    add("", concat("(", row.mnemonic, " ", operands, ")"));
  }
  for (std::string_view address : {
           "(if (result i32) (local.get 4) (then (i32.wrap_i64 (local.get 1))) (else (i32.mul (local.get 0) (local.get 0))))",
           "(select (i32.wrap_i64 (local.get 1)) (i32.extend16_s (local.get 0)) (local.get 4))",
           "(block (result i32) (br_if 0 (i32.wrap_i64 (local.get 1)) (local.get 4)) (drop) (i32.sub (i32.const 0) (local.get 0)))",
           "(block (result i32) (block (result i32) (br_table 0 1 (i32.wrap_i64 (local.get 1)) (local.get 4))) (i32.const 7) (i32.shr_s))",
           "(loop (result i32) (local.set 0 (i32.wrap_i64 (local.get 1))) (br_if 0 (local.tee 4 (i32.shr_u (local.get 4) (i32.const 1)))) (local.get 0))",
           "(call $host (local.get 0))",
           "(call $own (local.get 1))",
           "(call_indirect (param i64) (result i32) (local.get 1) (i32.const 0))",
           "(local.tee 0 (i32.wrap_i64 (local.get 1)))",
           "(global.get $g)",
           "(block (result i32) (global.set $g (i32.wrap_i64 (local.get 1))) (global.get $g))",
           "(memory.size)",
           "(memory.grow (i32.wrap_i64 (local.get 1)))",
           "(table.size)",
           "(table.grow (ref.null func) (i32.wrap_i64 (local.get 1)))",
           "(i32.load offset=65276 (i32.wrap_i64 (i64.and (local.get 1) (i64.const 7))))",
       })
    add("", Text(address));
  expect_same(concat("(module (import \"\" \"host\" (func $host (param i32) (result i32))) ", memory(),
                     "(global $g (mut i32) (i32.const -8)) (table 1 4 funcref) (elem (i32.const 0) $own)",
                     "(func $own (param i64) (result i32) (i32.wrap_i64 (local.get 0)))", functions, ")"),
              calls);
}

// CVE-2026-24116: a load that was folded into an operation read more than it was to.
TEST(Hazard05, OperandsAtTheEndOfMemory) {
  for (std::string_view load : loads) {
    Text type = type_of(load), functions;
    std::vector<Calls> calls;
    Text operand = concat("(", load, " (local.get 0))");
    for (const OpcodeInfo& row : opcode_table) {
      auto is_ours = [&](char letter) {
        return (letter == 'i' && type == "i32") || (letter == 'l' && type == "i64") ||
            (letter == 'f' && type == "f32") ||
               (letter == 'd' && type == "f64");
      };
      if (row.signature == "*" || row.signature.find('a') != row.signature.npos || !is_ours(row.signature[0])) continue;
      Text result = row.signature.back() == 'i' ? "i32" : row.signature.back() == 'l' ? "i64"
          : row.signature.back() == 'f' ? "f32" : "f64";
      bool binary = row.signature[1] != ':';
      if (binary && !is_ours(row.signature[1])) continue;
      std::vector<Text> forms = {binary ? concat("(", row.mnemonic, " (local.get 1) ", operand, ")")
                                        : concat("(", row.mnemonic, " ", operand, ")")};
      if (binary) forms.push_back(concat("(", row.mnemonic, " ", operand, " (local.get 1))"));
      for (const Text& form : forms) {
        Text name = concat("f", calls.size());
        functions += concat("(func (export \"", name, "\") (param i32 ", type, ") (result ", result, ") ", form, ")\n");
        u64 last = 65536 - width_of(load);
        // A number, so that no result is a NaN of arithmetic.
        u64 other = type == "f32" ? 0x40400000 : type == "f64" ? 0x4008000000000000 : 3;
        calls.push_back({name, {{last, other}, {last + 1, other}, {0, other}}});
      }
    }
    // Bytes that are ordinary numbers as floats of both widths.
    expect_same(concat("(module (memory 1) (data (i32.const 65528) \"\\10\\20\\30\\40\\50\\60\\70\\40\")", functions,
        ")"), calls);
  }
}

// CVE-2026-34945: what size and grow answer, and counts, of the wrong type or mask.
TEST(Hazard06, SizesAndCounts) {
  constexpr std::string_view functions = R"(
    (memory $m 1 3) (memory $n 0 0) (table $t 2 4 funcref) (table $e 0 0 externref) (data $d "abcdefgh")
    (elem $s funcref (ref.null func) (ref.null func))
    (func (export "size") (result i64) (i64.extend_i32_u (memory.size $m)))
    (func (export "grow") (param i32) (result i64 i32) (i64.extend_i32_u (memory.grow $m (local.get 0))) (memory.size $m))
    (func (export "grow_none") (param i32) (result i64 i32) (i64.extend_i32_u (memory.grow $n (local.get 0))) (memory.size $n))
    (func (export "grow_s") (param i32) (result i64 i64) (i64.extend_i32_s (memory.grow $m (local.get 0))) (i64.extend_i32_s (memory.size $m)))
    (func (export "table") (param i32) (result i64 i64) (i64.extend_i32_u (table.grow $t (ref.null func) (local.get 0))) (i64.extend_i32_u (table.size $t)))
    (func (export "extern") (param i32) (result i64 i64) (i64.extend_i32_s (table.grow $e (ref.null extern) (local.get 0))) (i64.extend_i32_u (table.size $e)))
    (func (export "fill") (param i64 i64 i64) (result i64) (i64.const 77) (memory.fill $m (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) (i32.wrap_i64 (local.get 2))) (i64.add (i64.load8_u $m (i32.const 100))))
    (func (export "copy") (param i64 i64 i64) (result i64) (i64.const 77) (memory.copy $m $m (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) (i32.wrap_i64 (local.get 2))) (i64.add (i64.load8_u $m (i32.const 100))))
    (func (export "init") (param i64 i64 i64) (result i64) (i64.const 77) (memory.init $m $d (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) (i32.wrap_i64 (local.get 2))) (i64.add (i64.load8_u $m (i32.const 100))))
    (func (export "table_fill") (param i64 i64 i64) (result i32) (i32.const 77) (table.fill $t (i32.wrap_i64 (local.get 0)) (ref.null func) (i32.wrap_i64 (local.get 2))))
    (func (export "table_init") (param i64 i64 i64) (result i32) (i32.const 77) (table.init $t $s (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) (i32.wrap_i64 (local.get 2))))
    (func (export "table_copy") (param i64 i64 i64) (result i32) (i32.const 77) (table.copy $t $t (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) (i32.wrap_i64 (local.get 2)))))";
  Arguments ranges;
  for (u64 high : {0ull, 0x100000000ull, 0xffffffff00000000ull})
    for (u64 to : {0ull, 1ull, 100ull, 65535ull, 65536ull, 65537ull, 0x7fffffffull, 0xffffffffull})
      for (u64 from : {0ull, 1ull, 8ull, 9ull, 65536ull, 0xffffffffull})
        for (u64 count : {0ull, 1ull, 2ull, 8ull, 65536ull, 0x80000000ull, 0xffffffffull})
          ranges.push_back({to | high, from | high, count | high});
  Arguments growths = each({0, 0xffffffff, 0x80000000, 0x10000, 65535, 3, 1, 0, 1, 1, 0});
  std::vector<Calls> calls = {{"size", {{}}}, {"grow", growths}, {"grow_none", growths}, {"grow_s", growths},
                              {"table", growths}, {"extern", growths}};
  for (std::string_view name : {"fill", "copy", "init", "table_fill", "table_init", "table_copy"})
    calls.push_back({Text(name), ranges});
  expect_same(concat("(module ", functions, ")"), calls);
}

}  // namespace
}  // namespace skerry::hazards
