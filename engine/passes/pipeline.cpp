#include "engine/passes/pipeline.h"

#include "base/string.h"
#include "engine/ir/prune.h"
#include "engine/passes/expand.h"
#include "engine/passes/hoist.h"
#include "engine/passes/number.h"
#include "engine/passes/predict.h"
#include "engine/passes/rebase.h"
#include "engine/passes/thread.h"

namespace skerry::passes {
namespace {

constexpr std::string_view names[] = {
#define PASS(name, text) text,
#include "engine/passes/passes.def"
#undef PASS
};

}  // namespace

std::string_view name_of(Pass pass) { return names[u32(pass)]; }

Result<PassSet> parse_passes(std::string_view text) {
  PassSet passes = 0;
  while (!text.empty()) {
    usize end = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    u32 pass = 0;
    while (pass < u32(Pass::Count) && names[pass] != word) ++pass;
    if (pass == u32(Pass::Count)) return fail(ErrorCode::Argument, concat("there is no pass \"", word, "\""));
    passes |= only(Pass(pass));
  }
  return passes;
}

std::string print_passes(PassSet passes) {
  std::string text;
  for (u32 pass = 0; pass < u32(Pass::Count); ++pass)
    if (passes & only(Pass(pass))) text += concat(text.empty() ? "" : ",", names[pass]);
  return text;
}

struct Pipeline::Passes {
  InlineCalls inline_calls;
  ExpandTables expand;
  NumberValues number;
  ThreadJumps thread;
  RebaseCounters rebase;
  HoistInvariants hoist;
  PredictSelections predict;
  ir::Pruner pruner;
  PassCounts counts[u32(Pass::Count)] = {};
};

Pipeline::Pipeline(PassSet passes) : wanted_(passes), passes_(std::make_unique<Passes>()) {}
Pipeline::~Pipeline() = default;

std::span<const PassCounts> Pipeline::counts() const { return passes_->counts; }
void Pipeline::clear_counts() { std::fill(std::begin(passes_->counts), std::end(passes_->counts), PassCounts{}); }

template <class Run>
void Pipeline::run_pass(Pass pass, const ir::Function& function, Run run) {
  if (!(wanted_ & only(pass))) return;
  u64 start = clock_ ? clock_() : 0;
  PassOutcome outcome = run();
  passes_->counts[u32(pass)].add({1, outcome.work, outcome.changes, clock_ ? clock_() - start : 0});
  if (watch_) watch_(watch_context_, pass, function);
}

// The list.
void Pipeline::run(const wasm::Module& module, ir::Function& function, Callees* callees) {
  Passes& p = *passes_;
  const AliasClasses classes(module);
  auto prune = [&] {
    u32 before = function.insts.size();
    p.pruner.run(function);
    return PassOutcome{before, before - function.insts.size()};
  };

  // First, so that all others see the callee's instructions and the caller's together.
  if (callees) run_pass(Pass::Inline, function, [&] { return p.inline_calls.run(*callees, function); });
  // Before tables become branches, since it looks for tables, and before values are numbered, which folds what is known in
  // copies: so nothing need run twice.
  run_pass(Pass::Thread, function, [&] { return p.thread.run(function); });
  // Before values are numbered, so that comparisons with the indices are among them, and a branch decides others.
  run_pass(Pass::Expand, function, [&] { return p.expand.run(function); });
  // Before all that counts instructions or moves them: what is computed once is moved once.
  run_pass(Pass::Number, function, [&] { return p.number.run(classes, function); });
  // Before hoisting, so that what nobody depends on takes no register through a loop.
  run_pass(Pass::Prune, function, prune);
  // When uses that are none are gone, and before hoisting, since what it makes may stand in a further loop.
  run_pass(Pass::Rebase, function, [&] { return p.rebase.run(function); });
  // What is the same in each iteration is one value by now, and its constants are from outside.
  run_pass(Pass::Hoist, function, [&] { return p.hoist.run(classes, function); });
  // Behind all of these, since every pass leaves behind what nobody depends on any more.
  run_pass(Pass::Prune, function, prune);
  // Last: it asks for what is used once, and cuts blocks in two.
  run_pass(Pass::Predict, function, [&] { return p.predict.run(function, selections_); });
}

}  // namespace skerry::passes
