// The options that all subcommands share, and those of the ones that compile.

#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "engine/wasm/features.h"
#include "skerry/config.h"
#include "tools/command_line.h"

namespace skerry::tools {

// --features and --gear, everywhere.
struct CommonOptions {
  std::string features;
  std::string gear;  // empty: as the subcommand thinks best; quick, but for `run`

  void add_to(CommandLine& line);
  // Of --features; a mistake in it is told.
  std::optional<Features> parse_features() const;
};

struct EngineOptions : CommonOptions {
  std::string target;
  std::string cpu;
  std::optional<u64> jobs;
  std::optional<u64> warm_up, background;
  bool lazy = false;
  bool lines = false;
  std::string optimisation = "speed";
  std::string skip_passes;

  void add_to(CommandLine& line);
  // --target and --cpu, for code that will run somewhere else.
  void add_cross_to(CommandLine& line);
  Config config() const;
};

}  // namespace skerry::tools
