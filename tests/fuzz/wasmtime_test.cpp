// Generated modules as machine code, beside another engine: wasmtime runs a script (Appendix of the test suite:
// *.wast) of the same calls, with what we got for expectations. An interpreter of the same IR shares what our translator
// gets wrong; this does not.
//
// Each module gets one more export: a hash of what its memories and numeric globals hold, of the sizes of its
// tables and of which of their elements and of the references in globals are null. It is asked for after each call. NaNs
// are alike in results and in globals; what the generators make tells them apart nowhere else.

#include <gtest/gtest.h>
#include <stdio.h>

#include <filesystem>
#include <fstream>

#include "base/string.h"
#include "tests/fuzz/compare.h"
#include "tests/fuzz/effort.h"
#include "tests/fuzz/generator.h"
#include "tests/fuzz/others.h"
#include "tests/fuzz/smith.h"
#include "tests/fuzz/watch.h"
#include "tests/support/process.h"
#include "text/number.h"
#include "text/parse.h"
#include "text/print.h"

namespace skerry::fuzz {
namespace {

using Kind = Outcome::Kind;

constexpr usize batch = 50;
constexpr std::string_view hash_name = "hash of it all";

// mix: hash = (rotl(hash, 5) ^ value) * constant
std::string mix(const std::string& value) {
  return concat("(local.set $hash (i64.mul (i64.xor (i64.rotl (local.get $hash) (i64.const 5)) ", value,
                ") (i64.const 0x9e3779b97f4a7c15)))\n");
}

// For $at from 0 by `step` to `end`.
std::string loop(const std::string& end, u32 step, const std::string& body) {
  return concat("(local.set $at (i32.const 0)) (local.set $end ", end, ") (block (br_if 0 (i32.eqz (local.get $end)))",
                "(loop ", body, "(br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const ", step,
                "))) (local.get $end)))))\n");
}

std::string global_bits(ValueType type, u32 index) {
  std::string get = concat("(global.get ", index, ")");
  switch (type) {
    case ValueType::I32: return concat("(i64.extend_i32_u ", get, ")");
    case ValueType::I64: return get;
    case ValueType::F32:
      return concat("(select (i64.extend_i32_u (i32.reinterpret_f32 ", get, ")) (i64.const -1) (f32.eq ", get, get, "))");
    case ValueType::F64:
      return concat("(select (i64.reinterpret_f64 ", get, ") (i64.const -1) (f64.eq ", get, get, "))");
    default: return concat("(i64.extend_i32_u (ref.is_null ", get, "))");
  }
}

Bytes with_hash(const wasm::Module& module) {
  std::string body;
  for (u32 i = 0; i < module.memories.size(); ++i)
    body += loop(concat("(i32.mul (memory.size ", i, ") (i32.const 65536))"), 8,
                 mix(concat("(i64.load ", i, " (local.get $at))")));
  for (u32 i = 0; i < module.tables.size(); ++i) {
    std::string size = concat("(table.size ", i, ")");
    body += mix(concat("(i64.extend_i32_u ", size, ")"));
    body += loop(size, 1, mix(concat("(i64.extend_i32_u (ref.is_null (table.get ", i, " (local.get $at))))")));
  }
  for (GlobalIndex i(0); i < module.globals.end_key(); i = i.next())
    body += mix(global_bits(module.globals[i].type.value, i.raw()));
  auto text = text::print_module(module.bytes);
  CHECK(text);
  text->insert(text->rfind(')'), concat("(func (export \"", hash_name,
                                        "\") (result i64) (local $hash i64) (local $at i32) (local $end i32)\n", body,
                                        "(local.get $hash))"));
  auto wasm = text::parse_module(*text);
  CHECK(wasm);
  return *wasm;
}

std::string constant(ValueType type, u64 bits) {
  switch (type) {
    case ValueType::I32: return concat("(i32.const ", i32(u32(bits)), ")");
    case ValueType::I64: return concat("(i64.const ", i64(bits), ")");
    case ValueType::F32: return concat("(f32.const ", text::float_text(bits, 32), ")");
    case ValueType::F64: return concat("(f64.const ", text::float_text(bits, 64), ")");
    case ValueType::FuncRef: return bits ? "(ref.func)" : "(ref.null func)";
    default: return bits ? concat("(ref.extern ", bits, ")") : "(ref.null extern)";
  }
}

// A quiet NaN stands for all of them. No arithmetic makes one that signals: that one is meant.
std::string expectation(ValueType type, u64 bits) {
  constexpr u64 quiet32 = 0x7fc00000, quiet64 = u64{0x7ff8} << 48;
  if (type == ValueType::F32 && (bits & quiet32) == quiet32) return "(f32.const nan:arithmetic)";
  if (type == ValueType::F64 && (bits & quiet64) == quiet64) return "(f64.const nan:arithmetic)";
  return constant(type, bits);
}

struct Play {
  u64 seed;
  std::vector<std::string> directives;  // a line each
};

// What we make of the module, as a script; none if already its instantiation is exhausted.
std::optional<Play> play(u64 seed, const Bytes& wasm) {
  auto plain = Program::load(wasm);
  CHECK(plain);
  auto program = Program::load(with_hash((*plain)->module));
  CHECK(program);
  const wasm::Module& module = (*program)->module;
  const Contender* engine = nullptr;
  for (const Contender& contender : contenders())
    if (contender.name == "engine") engine = &contender;
  auto subject = engine->make(engine->index, **program);
  std::string binary = concat("(module binary ", as_wat_string((*program)->bytes), ")");
  Play result{seed, {}};
  Outcome outcome = subject->instantiate();
  if (is_exhausted(outcome)) return std::nullopt;
  if (outcome.kind == Kind::Trapped) {
    result.directives.push_back(concat("(assert_trap ", binary, " \"", sentence(outcome.trap), "\")"));
    return result;
  }
  result.directives.push_back(binary);
  const wasm::Export& hash = module.exports.back();
  Random random(seed);
  for (u32 round = 0; round < 2; ++round) {
    for (const wasm::Export& item : module.exports) {
      if (item.kind != ExternKind::Func || &item == &hash) continue;
      const FuncType& type = module.type_of(FuncIndex(item.index));
      std::vector<u64> arguments;
      std::string invoke = concat("(invoke ", as_wat_string({reinterpret_cast<const u8*>(item.name.data()), item.name.size()}));
      for (ValueType param : type.params) {
        arguments.push_back(random_argument(random, param));
        invoke += constant(param, arguments.back());
      }
      invoke += ")";
      outcome = subject->invoke(item, type, arguments);
      if (is_exhausted(outcome)) return result;
      if (outcome.kind == Kind::Trapped) {
        result.directives.push_back(concat("(assert_trap ", invoke, " \"", sentence(outcome.trap), "\")"));
      } else {
        std::string results;
        for (usize i = 0; i < outcome.results.size(); ++i) results += expectation(type.results[i], outcome.results[i]);
        result.directives.push_back(concat("(assert_return ", invoke, results, ")"));
      }
      outcome = subject->invoke(hash, module.type_of(FuncIndex(hash.index)), {});
      CHECK(outcome.kind == Kind::Returned);
      result.directives.push_back(concat("(assert_return (invoke \"", hash_name, "\")",
                                         constant(ValueType::I64, outcome.results[0]), ")"));
    }
  }
  return result;
}

class Wasmtime {
 public:
  explicit Wasmtime(std::string command) : command_(std::move(command)) {}

  void add(Play play) {
    plays_.push_back(std::move(play));
    if (plays_.size() == batch) run();
  }
  // It stops at the first line that fails: that module is taken out, and the rest is run again.
  void run() {
    while (!plays_.empty()) {
      std::string path = temporary_path("wasmtime.wast");
      {
        std::ofstream script(path);
        for (const Play& play : plays_)
          for (const std::string& directive : play.directives) script << directive << "\n";
      }
      tests::Outcome outcome = tests::run_process({command_, "wast", "-Wtail-call=y,multi-memory=y,extended-const=y", path});
      std::filesystem::remove(path);
      if (outcome.status == 0) break;
      const std::string mark = concat("failed directive on ", path, ":");
      usize at = outcome.err.find(mark), line = 0;
      if (at == outcome.err.npos) {
        ADD_FAILURE() << "seeds " << plays_.front().seed << " to " << plays_.back().seed << ": " << outcome.err;
        break;
      }
      line = strtoul(outcome.err.c_str() + at + mark.size(), nullptr, 10);
      usize failed = 0;
      for (; line > plays_[failed].directives.size(); ++failed) line -= plays_[failed].directives.size();
      if (outcome.err.find("call stack exhausted") != outcome.err.npos) {
        ++set_aside_;
      } else {
        ADD_FAILURE() << "seed " << plays_[failed].seed << ", line " << line << ": "
                      << plays_[failed].directives[line - 1].substr(0, 2'000) << "\n" << outcome.err.substr(at, 600);
      }
      plays_.erase(plays_.begin() + i64(failed));
    }
    for (const Play& play : plays_) {
      ++modules_;
      directives_ += play.directives.size() - 1;
    }
    plays_.clear();
  }
  u64 modules() const { return modules_; }
  u64 set_aside() const { return set_aside_; }
  std::string summary() const {
    return concat(modules_, " modules alike in wasmtime, ", directives_, " results, traps and hashes; ", set_aside_,
                  " set aside");
  }

 private:
  std::string command_;
  std::vector<Play> plays_;
  u64 modules_ = 0, directives_ = 0, set_aside_ = 0;
};

template <class Generate>
void compare_with_wasmtime(u64 count, Generate generate) {
  auto command = wasmtime();
  if (!command) GTEST_SKIP() << "wasmtime is not there";
  Wasmtime other(*command);
  Effort effort(count);
  Watch watch;
  for (u64 seed = effort.first_seed(); effort.goes_on() && !testing::Test::HasFailure(); ++seed) {
    std::optional<Bytes> wasm = generate(seed);
    if (!wasm) continue;
    watch.begin(seed);
    auto played = play(seed, *wasm);
    auto too_much = watch.end();
    EXPECT_FALSE(too_much) << *too_much;
    if (!played) continue;
    effort.count();
    other.add(std::move(*played));
  }
  other.run();
  printf("%s\n%s\n", other.summary().c_str(), watch.summary().c_str());
  EXPECT_LE(other.set_aside() * 20, effort.done());
}

TEST(Wasmtime, GeneratedModules) {
  compare_with_wasmtime(50, [](u64 seed) -> std::optional<Bytes> {
    GeneratorOptions options = options_of(seed);
    options.imports = false;
    return generate_module(seed, options);
  });
}

TEST(Wasmtime, ModulesOfWasmSmith) {
  auto command = wasm_tools();
  if (!command) GTEST_SKIP() << "wasm-tools is not there";
  compare_with_wasmtime(20, [&](u64 seed) { return smith_module(*command, seed, Imports::None); });
}

}  // namespace
}  // namespace skerry::fuzz
