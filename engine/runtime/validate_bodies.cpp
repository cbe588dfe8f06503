#include "engine/runtime/validate_bodies.h"

#include "engine/runtime/body_runs.h"
#include "engine/validate/function.h"
#include "engine/validate/null_sink.h"

namespace skerry::runtime {
namespace {

constexpr u32 bytes_per_thread = 1 * MiB;  // of bodies, for which one more thread pays: some milliseconds of one

class Validation {
 public:
  Validation(const wasm::Module& module, Features features) : module_(module), features_(features), runs_(module) {}

  Result<void> run(u32 threads) {
    auto work = [](void* self) { static_cast<Validation*>(self)->validate_runs(); };
    runs_.do_all(threads, bytes_per_thread, work, this);
    if (auto error = runs_.take_failure()) return fail(std::move(*error));
    return {};
  }

 private:
  void validate_runs() {
    validate::NullSink sink;
    validate::Scratch<validate::NullSink> scratch;
    while (auto number = runs_.next()) {
      BodyRuns::Run run = runs_.runs()[*number];
      for (FuncIndex function = run.begin; function < run.end; function = function.next()) {
        auto validated = validate::validate_function(module_, function, features_, sink, scratch);
        if (validated) continue;
        runs_.note_failure(function, std::move(validated.error()));
        break;
      }
    }
  }

  const wasm::Module& module_;
  const Features features_;
  BodyRuns runs_;
};

}  // namespace

Result<void> validate_bodies(const Engine& engine, const wasm::Module& module) {
  return Validation(module, engine.features()).run(engine.config().compiler_threads);
}

}  // namespace skerry::runtime
