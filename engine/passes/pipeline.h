// Pipeline: what the best gear does to a function between translation and code generation.
//
//   Pipeline pipeline;                        // one per thread, reused from function to function
//   pipeline.run(module, function);
//
// pipeline.cpp has the list of passes with the reason for the order. A pass can be left out by its name, for tests and
// to find out what it does. Each pass counts its work (PassCounts); time is taken where a clock is given.

#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "engine/passes/inline.h"
#include "engine/passes/predict.h"

namespace skerry::passes {

// In the order in which each runs first.
enum class Pass : u8 {
#define PASS(name, text) name,
#include "engine/passes/passes.def"
#undef PASS
  Count,
};
std::string_view name_of(Pass pass);

// A bit a pass.
using PassSet = u32;
constexpr PassSet all_passes = (PassSet{1} << u32(Pass::Count)) - 1;
constexpr PassSet only(Pass pass) { return PassSet{1} << u32(pass); }
// Of names, with commas between.
Result<PassSet> parse_passes(std::string_view names);
std::string print_passes(PassSet passes);

class Pipeline {
 public:
  explicit Pipeline(PassSet passes = all_passes);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // `callees`: where those come from that are put in place of calls; without it none are.
  void run(const wasm::Module& module, ir::Function& function, Callees* callees = nullptr);

  std::span<const PassCounts> counts() const;  // by Pass
  void clear_counts();
  // Of the machine that code is made for.
  void set_selections(Selections selections) { selections_ = selections; }
  // Nanoseconds from any point; for the time of passes.
  void set_clock(u64 (*clock)()) { clock_ = clock; }
  // Told after each pass that ran; for tests and for people.
  using Watch = void (*)(void* context, Pass pass, const ir::Function& function);
  void set_watch(Watch watch, void* context) { watch_ = watch, watch_context_ = context; }

 private:
  struct Passes;
  template <class Run> void run_pass(Pass pass, const ir::Function& function, Run run);

  PassSet wanted_;
  Selections selections_ = Selections::Move;
  std::unique_ptr<Passes> passes_;
  u64 (*clock_)() = nullptr;
  Watch watch_ = nullptr;
  void* watch_context_ = nullptr;
};

}  // namespace skerry::passes
