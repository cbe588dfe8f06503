// Inputs that made other compilers slow or fat. Each takes time that is linear in its size, from n to 4n, through
// validation, translation and compilation, and memory in proportion.
//
// What is counted: the work that translation, the passes and the register allocator of the best gear count,
// instructions of the IR with their lists and bytes of code, of both gears and of what is entered at a loop; and this
// thread's own time, the least of three runs, since the rest of code generation counts nothing. Twice the linear ratio
// is allowed for time; what is quadratic has four times it.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <time.h>

#include <functional>

#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/ir/verify.h"
#include "engine/passes/enter_loop.h"
#include "engine/passes/pipeline.h"
#include "engine/translate/translate.h"
#include "engine/validate/function.h"
#include "engine/validate/module.h"
#include "engine/validate/null_sink.h"
#include "engine/wasm/limits.h"
#include "skerry/skerry.h"
#include "tests/decode/module_bytes.h"
#include "tests/isas/targets.h"
#include "text/parse.h"

namespace skerry {
namespace {

using Text = std::string;

struct Cost {
  u64 bytes = 0;         // of the bodies
  u64 work = 0;          // of translation
  u64 instructions = 0;  // of the IR, with the words of its lists
  u64 code = 0;          // bytes
  u64 passes = 0;        // work of the best gear's passes
  u64 allocation = 0;    // of its register allocator
  u64 simple = 0;        // functions that were too large for that
  u64 best = 0;          // instructions, words and bytes of code that come out of it
  u64 entered = 0;       // instructions and words of bodies that are entered at a loop
  u64 refused = 0;       // loops for which there is none
  double seconds = 0;
};

double thread_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

Text repeat(u32 count, const std::function<Text(u32)>& part) {
  Text text;
  for (u32 i = 0; i < count; ++i) text += part(i);
  return text;
}
Text repeat(u32 count, std::string_view part) {
  return repeat(count, [&](u32) { return Text(part); });
}

u64 size_of(const ir::Function& function) { return function.insts.size() + function.extra.size(); }

// What tiered code would make of the loop of a function that was compiled last (docs/tiers.md).
void enter(const codegen::ModuleContext& context, const ir::Function& function, ir::Loop loop,
           const codegen::Target& target, codegen::Scratch& scratch, Cost& cost) {
  struct Here {
    codegen::FrameView view;
    ir::Block head;
  } here{scratch.frame(), function.loops[loop].header};
  auto has_cell = [](const void* of, ir::Value value) {
    const Here& here = *static_cast<const Here*>(of);
    return !here.view.place_at(here.head, codegen::vreg_of(value)).is_none();
  };
  passes::EnterLoop enter_loop;
  if (!enter_loop.run(function, loop, has_cell, &here)) {
    ++cost.refused;
    return;
  }
  ir::Function entered = enter_loop.function();
  cost.entered += size_of(entered);
  passes::Pipeline pipeline;
  pipeline.run(context.module, entered);
  CHECK(ir::verify(entered, &context.module));
  codegen::CompiledFunction compiled;
  target.compile(context, entered, *target.make_scratch(), compiled);
  for (const passes::PassCounts& counts : pipeline.counts()) cost.passes += counts.work;
  cost.allocation += compiled.allocation.work;
  cost.best += size_of(entered) + compiled.code.size();
}

Cost cost_of(const test::Bytes& wasm, const tests::TestTarget& machine) {
  auto module = wasm::decode(wasm);
  CHECK(module && validate::validate_module(*module, Features::implemented()));
  InstanceLayout layout = InstanceLayout::of(*module);
  codegen::Settings settings;
  codegen::ModuleContext context{*module, layout, settings};
  codegen::Settings best_settings{.allocator = codegen::Allocator::Ranges};
  auto target = machine.make();
  auto target_scratch = target->make_scratch();
  translate::Scratch scratch;
  ir::Function function;
  codegen::CompiledFunction compiled;
  passes::Pipeline pipeline;
  if (!target->has_conditional_moves()) pipeline.set_selections(passes::Selections::Branch);
  passes::Callees callees(*module, Features::implemented(), {}, scratch);
  Cost cost{.seconds = 1e9};
  for (u32 run = 0; run < 3; ++run) {
    cost.bytes = cost.work = cost.instructions = cost.code = 0;
    double start = thread_seconds();
    for (FuncIndex f(module->imported_functions); f < module->functions.end_key(); f = f.next()) {
      auto translated = translate::translate_function(*module, f, Features::implemented(), {}, scratch, function);
      CHECK(translated);
      cost.bytes += module->functions[f].body.size;
      cost.work += translated->work;
      target->compile(context, function, *target_scratch, compiled);
      cost.instructions += size_of(function);
      cost.code += compiled.code.size();
      if (run > 0) continue;
      // The first loop, one in the middle, and the last.
      u32 loops = function.loops.size();
      for (u32 loop : {0u, loops / 2, loops - 1})
        if (f.raw() < 100 && loop < loops)
          enter({*module, layout, best_settings}, function, ir::Loop(loop), *target, *target_scratch, cost);
      // The best gear once: its work is counted, and what comes out is compiled as well.
      pipeline.run(*module, function, &callees);
      CHECK(ir::verify(function, &*module));
      target->compile({*module, layout, best_settings}, function, *target_scratch, compiled);
      cost.best += size_of(function) + compiled.code.size();
      cost.allocation += compiled.allocation.work;
      cost.simple += compiled.allocation.simple;
    }
    if (run == 0)
      for (const passes::PassCounts& counts : pipeline.counts()) cost.passes += counts.work;
    cost.seconds = std::min(cost.seconds, thread_seconds() - start);
  }
  return cost;
}

Cost cost_of(const Text& wat, const tests::TestTarget& machine) {
  auto wasm = text::parse_module(wat);
  CHECK(wasm);
  return cost_of(*wasm, machine);
}

u64 peak_memory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return u64(usage.ru_maxrss) * KiB;
}

void expect_linear(u32 n, const std::function<Text(u32)>& module, const tests::TestTarget& machine) {
  Cost small = cost_of(module(n), machine), large = cost_of(module(4 * n), machine);
  u64 peak = peak_memory();
  printf("%-8s %8llu bytes %8llu IR %8llu code %8.2f ms; %9llu bytes %9llu IR %9llu code %9.2f ms; peak %llu MB; "
         "allocation %llu and %llu steps, %llu functions simply; entered %llu and %llu IR, %llu loops refused\n",
         machine.name.c_str(), (unsigned long long)small.bytes, (unsigned long long)small.instructions,
         (unsigned long long)small.code,
         small.seconds * 1e3, (unsigned long long)large.bytes, (unsigned long long)large.instructions,
         (unsigned long long)large.code, large.seconds * 1e3, (unsigned long long)(peak / MiB),
         (unsigned long long)small.allocation, (unsigned long long)large.allocation, (unsigned long long)large.simple,
         (unsigned long long)small.entered, (unsigned long long)large.entered, (unsigned long long)large.refused);
  constexpr double growth = 4;
  EXPECT_LE(double(large.work), 1.5 * growth * double(small.work + 1'000));
  EXPECT_LE(double(large.passes), 1.5 * growth * double(small.passes + 1'000));
  EXPECT_LE(double(large.allocation), 1.5 * growth * double(small.allocation + 1'000));
  EXPECT_LE(double(large.instructions), 1.5 * growth * double(small.instructions + 1'000));
  // On RISC-V a branch takes 4 bytes, 8 or 16 by how far it goes.
  EXPECT_LE(double(large.code), 2 * growth * double(small.code + 1'000));
  EXPECT_LE(double(large.best), 2 * growth * double(small.best + 1'000));
  EXPECT_LE(large.entered, 3 * (passes::EnterLoop::growth * large.instructions + passes::EnterLoop::spare));
  EXPECT_LE(large.seconds, 2 * growth * (small.seconds + 1e-3));
  EXPECT_LE(large.instructions, 3 * large.bytes + 2 * MiB);
  EXPECT_LT(peak, 2 * GiB);
}

void expect_linear(u32 n, const std::function<Text(u32)>& module) {
  for (const tests::TestTarget& machine : tests::all_targets())
    if (!machine.name.ends_with("_least")) expect_linear(n, module, machine);
}

Text function(const Text& locals, const Text& body) {
  return concat("(module (memory 1) (global $g (mut i32) (i32.const 0)) (func $f (param $p i32) (result i32) ", locals,
                body, " (local.get $p)))");
}

TEST(SlowAndFat, EmptyLoops) {
  expect_linear(20'000, [](u32 n) { return function("", repeat(n, "(loop)")); });
}
// What is put in place of calls would double with each level.
TEST(SlowAndFat, SmallFunctionsThatCallTwice) {
  expect_linear(3'000, [](u32 n) {
    Text functions = repeat(n, [](u32 i) {
      return concat("(func $f", i, " (param i32) (result i32) (loop (br_if 0 (call $f", i + 1, " (call $f", i + 1,
                    " (local.get 0))))) (local.get 0))");
    });
    return concat("(module ", functions, "(func $f", n, " (param i32) (result i32) (local.get 0)))");
  });
}
TEST(SlowAndFat, CallsOfASmallFunction) {
  expect_linear(10'000, [](u32 n) {
    Text calls = repeat(n, "(local.set 0 (call $g (local.get 0)))");
    return concat("(module (func $g (param i32) (result i32) (if (local.get 0) (then (return (i32.const 1))))",
                  " (i32.const 3)) (func (param i32) (result i32) ", calls, "(local.get 0)))");
  });
}
// Six bytes make two thousand entries of the IR, each time that they stand in place of a call.
TEST(SlowAndFat, CallsOfASmallFunctionThatHandsOnMuch) {
  Text many = repeat(1'000, "i32 ");
  Text module = concat("(module (func $g (result ", many, ") ", repeat(1'000, "(i32.const 0)"), ") (func $h (param ",
                       many, ")) (func $f (call $g) (call $h)) (func ", repeat(20'000, "(call $f)"), "))");
  for (const tests::TestTarget& machine : tests::all_targets()) {
    Cost cost = cost_of(module, machine);
    EXPECT_LE(cost.passes, 16 * (cost.bytes + cost.instructions)) << machine.name;
  }
}
TEST(SlowAndFat, NestedLoops) {
  expect_linear(11'000, [](u32 n) { return function("", repeat(n, "loop ") + repeat(n, "end ")); });
}
TEST(SlowAndFat, NestedLoopsThatAssign) {
  expect_linear(3'000, [](u32 n) {
    Text opens = repeat(n, "loop (local.set 1 (i32.add (local.get 1) (local.get 2))) ");
    return function("(local i32 i32 i32)", opens + repeat(n, "(br_if 0 (local.get 1)) end "));
  });
}
TEST(SlowAndFat, NestedLoopsOfManyLocals) {
  expect_linear(250, [](u32 n) {
    Text opens = repeat(n, [](u32 i) { return concat("loop (local.set ", i + 1, " (local.get ", i, ")) "); });
    return function(repeat(n, "(local i32)"), opens + repeat(n, "(br_if 0 (local.get 0)) end "));
  });
}
TEST(SlowAndFat, BlocksThatSetALocal) {
  expect_linear(12'000, [](u32 n) {
    return function(repeat(n, "(local i32)"), repeat(n, [](u32 i) {
      return concat("(block (br_if 0 (local.get $p)) (local.set ", i + 1, " (i32.const ", i, ")))");
    }));
  });
}
TEST(SlowAndFat, IfsThatSetOneOfManyLocalsInALoop) {
  expect_linear(3'000, [](u32 n) {
    Text ifs = repeat(n, [](u32 i) {
      return concat("(if (local.get $p) (then (local.set ", i + 1, " (local.get ", i, "))))");
    });
    return function(repeat(n, "(local i32)"), concat("(loop ", ifs, "(br_if 0 (local.get $p)))"));
  });
}
TEST(SlowAndFat, ChainedLocalSets) {
  expect_linear(15'000, [](u32 n) {
    return function("", repeat(n, "(local.set $p (i32.add (local.get $p) (i32.const 1)))"));
  });
}
TEST(SlowAndFat, Remainders) {
  expect_linear(10'000, [](u32 n) {
    return function("(local $x i64)",
                    repeat(n, "(local.set $x (i64.rem_s (local.get $x) (i64.extend_i32_u (local.get $p))))"));
  });
}
TEST(SlowAndFat, BranchTables) {
  expect_linear(300, [](u32 n) {
    return function("", repeat(n, "block ") + repeat(n, [n](u32 i) {
      Text target = concat((n - 1 - i) / 2, " ");
      return concat("(br_table ", repeat(10, target), "0 (local.get $p)) end ");
    }));
  });
}
TEST(SlowAndFat, OneBranchTableOfManyTargetsWithOperands) {
  expect_linear(2'000, [](u32 n) {
    Text targets = repeat(n, [](u32 i) { return concat(i, " "); });
    return function("", concat(repeat(n, "block (result i32) "), "(i32.const 1) (br_table ", targets,
                               "(local.get $p)) ", repeat(n, "end (i32.add (i32.const 1)) "), "drop"));
  });
}
// Of few bytes each, a thousand values to each of many places; in a loop, which can be entered.
TEST(SlowAndFat, OneBranchTableOfManyTargetsThatCarryAThousandValues) {
  expect_linear(60, [](u32 n) {
    Text targets = repeat(n, [](u32 i) { return concat(i, " "); });
    return concat("(module (type $t (func (result ", repeat(1'000, "i32 "), "))) (func (param $p i32) (loop $l ",
                  repeat(n, "block (type $t) "), repeat(1'000, [](u32 i) { return concat("(i32.const ", i, ")"); }),
                  "(br_table ", targets, "(local.get $p)) ", repeat(n, "end "), repeat(1'000, "drop "),
                  "(br_if $l (local.tee $p (i32.sub (local.get $p) (i32.const 1)))))))");
  });
}
// Each table could double what the edges to one place carry.
TEST(SlowAndFat, BranchTablesThatCarryLocals) {
  expect_linear(200, [](u32 n) {
    Text tables = repeat(n, [](u32 i) {
      return concat("(local.set ", 1 + i % 50, " (i32.add (local.get $p) (i32.const ", i, ")))",
                    "(if (local.get $p) (then (br_table ", repeat(20, "1 2 "), "1 (local.get $p)))) end ");
    });
    Text uses = repeat(50, [](u32 i) {
      return concat("(local.set $p (i32.add (local.get $p) (local.get ", i + 1, ")))");
    });
    return function(repeat(50, "(local i32)"), repeat(n + 1, "block ") + tables + "end " + uses);
  });
}
// State machines: each state is a constant where it is set, and names the next one, itself or the first. Asked are the
// passes and the size of code alone: the allocator's steps grow faster than the ways back do, with and without copies.
TEST(SlowAndFat, StatesOfALoop) {
  auto module = [](u32 n) {
    Text body = "(loop $next " + repeat(n, "(block ") + "(br_table " + repeat(n, [](u32 i) { return concat(i, " "); }) +
                concat(n - 1, " (local.get $s))");
    for (u32 i = 0; i < n; ++i) {
      body += concat(") (local.set $x (i32.add (local.get $x) (i32.const ", i, "))) (local.set $s (i32.const ",
                     (i + 1) % n, ")) (br_if $next (local.get $x)) (local.set $s (i32.const ", i % 2 ? i : 0,
                     ")) (br $next)");
    }
    return function("(local $s i32) (local $x i32)", body + ")");
  };
  for (const tests::TestTarget& machine : tests::all_targets()) {
    Cost small = cost_of(module(1'000), machine), large = cost_of(module(4'000), machine);
    EXPECT_LE(double(large.passes), 6 * double(small.passes)) << machine.name;
    EXPECT_LE(double(large.best), 6 * double(small.best)) << machine.name;
  }
}
// One in each of many nested loops: none is worth a copy, or each is.
TEST(SlowAndFat, NestedLoopsWithStates) {
  expect_linear(1'000, [](u32 n) {
    Text in = "(loop (block (block (block (br_table 0 1 2 (local.get $s))) (local.set $s (i32.const 1)) (br_if 2 "
              "(local.get $p))) (local.set $s (i32.const 0)) (br_if 1 (local.get $x))) ";
    return function("(local $s i32) (local $x i32)", repeat(n, in) + repeat(n, ")"));
  });
}
// What is carried from copy to copy: many values, live behind the loop.
TEST(SlowAndFat, StatesThatCarryLocals) {
  expect_linear(100, [](u32 n) {
    Text body = "(loop $next (block (block (block (br_table 0 1 2 (local.get $s)))";
    auto step = [&](u32 state) {
      Text sums = repeat(n, [](u32 i) {
        return concat("(local.set $", i, " (i32.add (local.get $", i, ") (local.get $p)))");
      });
      return sums + concat("(local.set $s (i32.const ", state, ")) (br_if $next (local.get $0))");
    };
    body += step(1) + ")" + step(0) + "))";
    for (u32 i = 0; i < n; ++i) body += concat("(local.set $p (i32.xor (local.get $p) (local.get $", i, ")))");
    return function("(local $s i32)" + repeat(n, [](u32 i) { return concat("(local $", i, " i32)"); }), body);
  });
}
TEST(SlowAndFat, GlobalsCallsAndGrowth) {
  expect_linear(15'000, [](u32 n) {
    return function("", repeat(n, [](u32 i) -> Text {
      switch (i % 3) {
        case 0: return "(global.set $g (i32.add (global.get $g) (local.get $p)))";
        case 1: return "(local.set $p (call $f (local.get $p)))";
        default: return "(drop (memory.grow (i32.const 0)))";
      }
    }));
  });
}
// Each could be compared with all stores before it that nothing has seen.
TEST(SlowAndFat, StoresThatNothingSees) {
  expect_linear(10'000, [](u32 n) {
    return function("", repeat(n, [](u32 i) {
      return concat("(i32.store offset=", i % 7 ? 200'000 - i : 300'000, " (local.get $p) (i32.const ", i,
                    ")) (global.set $g (i32.const ", i, "))");
    }));
  });
}
TEST(SlowAndFat, LiveReferences) {
  expect_linear(250, [](u32 n) {
    Text gets = repeat(n, [](u32 i) { return concat("(local.set ", i, " (table.get (i32.const ", i, ")))"); });
    Text uses = repeat(n, [](u32 i) { return concat("(call $use (local.get ", i, "))"); });
    return concat("(module (func $use (param externref)) (func $f ", repeat(n, "(local externref)"), gets, uses, uses,
                  ") (table 2000 externref))");
  });
}
TEST(SlowAndFat, LiveOperands) {
  expect_linear(30'000, [](u32 n) {
    Text loads = repeat(n, [](u32 i) { return concat("(i32.load offset=", i, " (local.get $p)) "); });
    return function("", loads + repeat(n - 1, "i32.add ") + "(local.set $p)");
  });
}
TEST(SlowAndFat, LiveOperandsOverCalls) {
  expect_linear(5'000, [](u32 n) {
    return function("", repeat(n, "(call $f (local.get $p)) ") + repeat(n - 1, "i32.add ") + "(local.set $p)");
  });
}
TEST(SlowAndFat, LiveFloatsAndIntegersOverLoops) {
  expect_linear(2'000, [](u32 n) {
    Text loads = repeat(n, [](u32 i) {
      return concat("(f64.load offset=", i, " (local.get $p)) (i64.load offset=", i, " (local.get $p)) ",
                    "(loop (br_if 0 (local.get $p)))");
    });
    Text sums = repeat(n, "(local.set $y (i64.add (local.get $y))) (local.set $x (f64.add (local.get $x)))");
    return function("(local $x f64) (local $y i64)", concat(loads, sums, "(f64.store (local.get $p) (local.get $x))",
                                                            "(i64.store offset=8 (local.get $p) (local.get $y))"));
  });
}
TEST(SlowAndFat, NestedIfs) {
  expect_linear(25'000, [](u32 n) { return function("", repeat(n, "local.get $p if ") + repeat(n, "end ")); });
}
TEST(SlowAndFat, NestedIfsWithElseAndResults) {
  expect_linear(8'000, [](u32 n) {
    return function("", concat(repeat(n, "local.get $p if (result i32) "), "local.get $p ",
                               repeat(n, "else (i32.const 1) end "), "(local.set $p)"));
  });
}
TEST(SlowAndFat, BranchesOutOfDeepNests) {
  expect_linear(4'000, [](u32 n) {
    return function("(local i32 i32 i32 i32)", repeat(n, "block ") + repeat(n, [n](u32 i) {
      return concat("(local.set ", 1 + i % 4, " (local.get $p)) (br_if ", n - 1 - i, " (local.get $p)) end ");
    }));
  });
}
TEST(SlowAndFat, BranchesToOneEnd) {
  expect_linear(8'000, [](u32 n) {
    Text branches = repeat(n, [](u32 i) {
      return concat("(local.set ", 1 + i % 4, " (i32.const ", i, ")) (br_if 0 (local.get $p))");
    });
    return function("(local i32 i32 i32 i32)",
                    concat("(block ", branches, ") (local.set $p (i32.add (local.get 1) (local.get 3)))"));
  });
}
TEST(SlowAndFat, CallsOfManyArguments) {
  expect_linear(50, [](u32 n) {
    Text call = concat("(call $many ", repeat(1'000, "(local.get $p)"), ")");
    return concat("(module (func $many ", repeat(1'000, "(param i32)"), ") (func (param $p i32)", repeat(n, call),
                  "))");
  });
}

// A function from a thousand values to a thousand, and what is done with them.
Text of_a_thousand_values(const Text& body) {
  Text types = repeat(1'000, "i32 ");
  Text gets = repeat(1'000, [](u32 i) { return concat("(local.get ", i, ")"); });
  return concat("(module (type $t (func (param ", types, ") (result ", types, "))) (table 1 funcref)",
                "(func $f (type $t) ", gets, body, "))");
}
TEST(SlowAndFat, CallsOfManyResults) {
  expect_linear(50, [](u32 n) { return of_a_thousand_values(repeat(n, "(call $f)")); });
}
TEST(SlowAndFat, BranchesOfManyOperands) {
  expect_linear(100, [](u32 n) {
    return of_a_thousand_values(repeat(n, "(block (type $t) (br_if 0 (local.get 0)))"));
  });
}
TEST(SlowAndFat, NestedBlocksOfManyOperands) {
  expect_linear(100, [](u32 n) { return of_a_thousand_values(repeat(n, "loop (type $t) ") + repeat(n, "end ")); });
}
TEST(SlowAndFat, Selects) {
  expect_linear(10'000, [](u32 n) {
    return function("", repeat(n, "(local.set $p (select (local.get $p) (i32.const 7) "
                                  "(i32.lt_s (local.get $p) (i32.const 9))))"));
  });
}
TEST(SlowAndFat, Constants) {
  expect_linear(15'000, [](u32 n) {
    Text sums = repeat(n, [](u32 i) {
      return concat("(local.set $x (f64.add (local.get $x) (f64.const ", i, ".25)))");
    });
    return function("(local $x f64)", concat("(local.set $x (f64.load (local.get $p)))", sums,
                                             "(f64.store (local.get $p) (local.get $x))"));
  });
}
TEST(SlowAndFat, DeadCode) {
  expect_linear(25'000, [](u32 n) {
    return function("", "(return (local.get $p))" + repeat(n, "(loop (br_if 0 (local.get $p)) (br 0))"));
  });
}
TEST(SlowAndFat, UnusedValues) {
  expect_linear(15'000, [](u32 n) {
    return function("", repeat(n, "(drop (i32.mul (local.get $p) (i32.const 3)))"));
  });
}
TEST(SlowAndFat, ManyFunctions) {
  expect_linear(10'000, [](u32 n) {
    return concat("(module ", repeat(n, "(func (param i32) (result i32) (local.get 0))"), ")");
  });
}
TEST(SlowAndFat, ManyLocalsInManyFunctions) {
  expect_linear(50, [](u32 n) {
    Text locals = repeat(40'000, "i32 ");
    return concat("(module ", repeat(n, concat("(func (param i32) (local ", locals, "))")), ")");
  });
}

// Ten bytes that declare 50,000 locals: each function took 80 microseconds, so that a module of ten megabytes took more
// than a minute.
TEST(SlowAndFat, AsManyLocalsAsThereMayBeInManyFunctions) {
  constexpr u32 count = 5'000;
  auto module = [](u32 locals) {
    test::Bytes last = test::leb(locals - 1);
    test::Bytes body = test::body({{locals, test::I32}}, test::join({{0x20}, last, {0x21, 0, 0x0b}}));
    return test::module({test::types({test::func_type({}, {})}), test::functions(std::vector<u32>(count)),
                         test::code(std::vector<test::Bytes>(count, body))});
  };
  const tests::TestTarget& machine = *tests::native_targets().front();
  Cost few = cost_of(module(2), machine), many = cost_of(module(limits::locals), machine);
  printf("%.2f ms with two locals each, %.2f ms with all\n", few.seconds * 1e3, many.seconds * 1e3);
  EXPECT_LE(many.work, few.work + 4 * count);  // the index of the last takes two bytes more
  EXPECT_LE(many.seconds, 30 * (few.seconds + 1e-3));
}

// Two bytes of code that leave a thousand operands: validation alone once took six gigabytes for the largest body.
TEST(SlowAndFat, OperandsByTheThousand) {
  test::Bytes calls = {0};
  for (u32 i = 0; i < limits::function_body_bytes / 2 - 10; ++i) calls.insert(calls.end(), {0x10, 0});
  calls.insert(calls.end(), {0, 0x0b});
  test::Bytes wasm = test::module(
      {test::types({test::func_type({}, test::Types(1'000, test::I32)), test::func_type({}, {})}),
       test::functions({0, 1}), test::code({test::body({}, {0, 0x0b}), test::sized(calls)})});
  auto module = wasm::decode(wasm);
  ASSERT_TRUE(module);
  u64 before = peak_memory();
  validate::NullSink sink;
  validate::Scratch<validate::NullSink> validate_scratch;
  auto valid = validate::validate_function(*module, FuncIndex(1), Features::implemented(), sink, validate_scratch);
  ASSERT_FALSE(valid);
  EXPECT_EQ(valid.error().code, ErrorCode::Limit);
  EXPECT_TRUE(valid.error().message.starts_with("too many operands at once")) << valid.error().message;
  translate::Scratch scratch;
  ir::Function function;
  auto translated =
      translate::translate_function(*module, FuncIndex(1), Features::implemented(), {}, scratch, function);
  ASSERT_FALSE(translated);
  EXPECT_EQ(translated.error().code, ErrorCode::Limit);
  EXPECT_LT(peak_memory() - before, 2 * GiB);
}

// Null elements and empty segments take a few bytes each.
TEST(SlowAndFat, NullElementsAndEmptySegments) {
  auto repeat_bytes = [](u32 count, const test::Bytes& item) {
    test::Bytes all;
    for (u32 i = 0; i < count; ++i) all.insert(all.end(), item.begin(), item.end());
    return all;
  };
  u64 before = peak_memory();
  constexpr u32 nulls = limits::table_elements, segments = 1'000'000;
  test::Bytes elements = test::join({{1, 5, 0x70}, test::leb(nulls), repeat_bytes(nulls, {0xd0, 0x70, 0x0b})});
  test::Bytes empty = test::join({test::leb(segments), repeat_bytes(segments, {1, 0, 0})});
  for (const test::Bytes* section : {&elements, &empty}) {
    test::Bytes wasm = test::module({test::section(9, *section)});
    auto module = wasm::decode(wasm);
    ASSERT_TRUE(module) << module.error().message;
    EXPECT_TRUE(validate::validate_module(*module, Features::implemented()));
  }
  EXPECT_LT(peak_memory() - before, GiB);
}

// 100 memories in each of 100 instances: a full address space is a clean error, and what there is works.
TEST(SlowAndFat, AHundredMemoriesInAHundredInstances) {
  Text wat = "(module " + repeat(100, "(memory 1 1)");
  wat += "(func (export \"f\") (param i32) (result i32) (i32.store 99 (i32.const 65532) (local.get 0))"
         "(i32.add (i32.load 0 (i32.const 65532)) (i32.load 99 (i32.const 65532)))))";
  Engine engine = *Engine::create();
  Store store = *Store::create(engine);
  auto module = Module::from_text(engine, wat);
  ASSERT_TRUE(module) << module.error().message;
  std::vector<Instance> instances;
  for (u32 i = 0; i < 100; ++i) {
    auto made = Instance::create(store, *module, {});
    if (!made) {
      EXPECT_FALSE(made.error().message().empty());
      break;
    }
    instances.push_back(*made);
  }
  printf("%zu instances\n", instances.size());
  EXPECT_GE(instances.size(), 10u);
  for (u32 round = 0; round < 2; ++round)
    for (u32 i = 0; i < instances.size(); ++i) EXPECT_EQ(*(*instances[i].get<i32(i32)>("f"))(i32(i)), i32(i));
}

// Two to six bytes of code that hand on a thousand values. Where there are many the function is
// refused, in time that is linear and memory that is a few times the budget. Calls once made instructions without
// end, and
// ifs kept copies of their operands.
TEST(SlowAndFat, AThousandValuesInTwoBytes) {
  struct Amplifier {
    std::string_view opens, closes;
  };
  constexpr Amplifier amplifiers[] = {
      {"loop (type $t) ", "end "},
      {"(loop (type $t))", ""},
      {"(if (type $t) (local.get 0) (then))", ""},
      {"(block (type $t) (br_if 0 (local.get 0)))", ""},
      {"(call $f)", ""},
      {"(br_if 0 (local.get 0))", ""},
      {"local.get 0 if (type $t) ", "end "},
      {"local.get 0 if (type $t) ", "else end "},
      {"(call_indirect (type $t) (local.get 0))", ""},
  };
  translate::Scratch scratch;
  ir::Function function;
  for (const Amplifier& amplifier : amplifiers) {
    std::vector<u8> wasm = *text::parse_module(
        of_a_thousand_values(repeat(30'000, amplifier.opens) + repeat(30'000, amplifier.closes)));
    auto module = wasm::decode(wasm);
    ASSERT_TRUE(module);
    double start = thread_seconds();
    auto translated =
        translate::translate_function(*module, FuncIndex(0), Features::implemented(), {}, scratch, function);
    EXPECT_LT(thread_seconds() - start, 5) << amplifier.opens;
    u64 budget = 3 * wasm.size() + 2 * MiB;
    EXPECT_LE(function.insts.size() + function.extra.size(), budget + 10'000) << amplifier.opens;
    if (!translated) EXPECT_EQ(translated.error().code, ErrorCode::Limit) << amplifier.opens;
  }
}

}  // namespace
}  // namespace skerry
