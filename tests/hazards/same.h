// Calls of a module's functions with chosen arguments, in the interpreter of the IR and in all that it
// is compared with (tests/fuzz/subject.h): machine code for two CPUs, the library in its configurations.

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/string.h"
#include "tests/fuzz/subject.h"
#include "text/parse.h"

namespace skerry::hazards {

using Text = std::string;
using Arguments = std::vector<std::vector<u64>>;

struct Calls {
  Text name;
  Arguments arguments;
};

inline Text show(const fuzz::Outcome& outcome) {
  if (outcome.kind != fuzz::Outcome::Kind::Returned) return Text(sentence(outcome.trap));
  Text text;
  for (u64 bits : outcome.results) text += concat("0x", hex(bits), " ");
  return text;
}

inline void expect_same(std::vector<u8> wasm, const std::vector<Calls>& calls) {
  auto plain = fuzz::Program::load(wasm);
  ASSERT_TRUE(plain) << plain.error().message;
  auto with_fuel = fuzz::Program::load(wasm, Features::implemented(), {.fuel = true});
  ASSERT_TRUE(with_fuel);
  const wasm::Module& module = (*plain)->module;
  for (const fuzz::Contender& contender : fuzz::contenders()) {
    const fuzz::Program& program = contender.counts_fuel ? **with_fuel : **plain;
    auto expected = fuzz::make_interpreter_subject(program, oracle::Nans::Machine, oracle::Limits{}.steps);
    auto got = contender.make(contender.index, program);
    if (!got) continue;
    expected->set_fuel(~u64{0});
    got->set_fuel(~u64{0});
    ASSERT_EQ(expected->instantiate().kind, got->instantiate().kind) << contender.name;
    for (const Calls& call : calls) {
      const wasm::Export* item = nullptr;
      for (const wasm::Export& candidate : module.exports)
        if (candidate.name == call.name) item = &candidate;
      ASSERT_TRUE(item) << call.name;
      const FuncType& type = module.type_of(FuncIndex(item->index));
      for (const std::vector<u64>& arguments : call.arguments) {
        fuzz::Outcome x = expected->invoke(*item, type, arguments), y = got->invoke(*item, type, arguments);
        ASSERT_EQ(show(x), show(y)) << contender.name << ": " << call.name << show({.results = arguments});
      }
    }
  }
}

inline void expect_same(const Text& wat, const std::vector<Calls>& calls) {
  auto wasm = text::parse_module(wat);
  ASSERT_TRUE(wasm) << wasm.error().message << "\n" << wat.substr(0, 1'000);
  expect_same(std::move(*wasm), calls);
}

inline Arguments each(const std::vector<u64>& numbers) {
  Arguments all;
  for (u64 number : numbers) all.push_back({number});
  return all;
}

}  // namespace skerry::hazards
