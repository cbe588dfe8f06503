// ScriptRunner: the commands of a script of the specification's test suite (text/script.h), carried out in one store.
//
// Every command is carried out, also after others failed; one that builds on a module that failed fails as well.
// Modules named `spectest` are what the suite's own interpreter defines. What an error or a trap says is held against
// the words of the script (either begins with the other); of modules that must be refused a difference there
// is told apart from the verdict.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/wasm/features.h"
#include "skerry/skerry.h"
#include "text/script.h"

namespace skerry::tools {

enum class Finding : u8 {
  Failure,     // the command failed
  OtherWords,  // the verdict is right, but for another reason than the script names
};

class ScriptRunner {
 public:
  using Tell = std::function<void(Finding, u32 line, std::string_view command, std::string_view what)>;

  static Result<ScriptRunner> create(const Engine& engine, Features features, Tell tell);

  // Whether the command held. The text that the command was read from is still there.
  bool run(const text::Command& command);

 private:
  ScriptRunner(Engine engine, Features features, Store store, Tell tell);
  Result<void> define_spectest();

  Result<void> carry_out(const text::Command& command);
  Result<Module> load(const text::ModuleSource& source);
  Result<void> define(const text::ModuleSource& source);
  Result<void> instantiate(const Module& module, const std::optional<std::string>& id);
  Result<Instance> instance(const std::optional<std::string>& id) const;
  Result<Module> definition(const std::optional<std::string>& id) const;

  // What an action gave: values or a trap; or that it could not be done.
  Result<Called<std::vector<Value>>> act(const text::Action& action);
  Result<Value> argument(const text::Constant& constant);
  Result<void> assert_return(const text::Command& command);
  Result<void> assert_trap(const text::Command& command);
  Result<void> assert_refused(const text::Command& command, ErrorCode code);
  Result<void> assert_unlinkable(const text::Command& command);
  void compare_words(const text::Command& command, std::string_view found);

  Engine engine_;
  Features features_;
  Tell tell_;
  Linker linker_;
  std::map<u32, ExternRef> externs_;  // by the number that scripts call them
  std::map<std::string, Instance> instances_;
  std::map<std::string, Module> modules_;
  std::optional<Instance> last_instance_;
  std::optional<Module> last_module_;
  Store store_;
};

}  // namespace skerry::tools
