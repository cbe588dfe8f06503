// Engine: the compiler and what all modules share: settings, types, code, pools of memory.
//
// A handle: copies refer to the same engine, which lives as long as anything made from it.
// All of its functions may be called from any thread. A process may have several engines;
// modules of one cannot be used with stores of another.

#pragma once

#include <memory>
#include <string>

#include "skerry/config.h"
#include "skerry/result.h"

namespace skerry {

namespace runtime {
class Engine;
}

class Engine {
 public:
  // Fails on settings that cannot be, and where the system refuses address space.
  static Result<Engine> create(const Config& config = {});

  // What code is made for: the target and its CPU features, in words.
  std::string target() const;

  runtime::Engine& internal() const { return *engine_; }

 private:
  explicit Engine(std::shared_ptr<runtime::Engine> engine) : engine_(std::move(engine)) {}
  friend class Module;
  friend class Store;

  std::shared_ptr<runtime::Engine> engine_;
};

}  // namespace skerry
