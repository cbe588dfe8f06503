// Manifest: what the boot archive says about the program, read from it.
//
// The archive's entry "manifest" is a list of records KEY=VALUE, each with a NUL behind it.
// Those of one key are in order:
//
//   file=PATH             of the program on the host, for messages
//   arg=TEXT              arguments, the program's own name first
//   env=NAME=VALUE
//   dir=GUEST             a folder, the N-th of these four keys: its tree is dirs/N/...
//   dir-ro=GUEST          the same, which the program does not change
//   dir-9p=GUEST          a folder that the device for files with the tag dirN has
//   dir-9p-ro=GUEST       the same, which the program does not change
//   system=               the program is given "/", with /dev, /proc, /tmp, and each folder in its place; else
//                         each folder is a preopened directory, and there is nothing besides
//   stream=TYPE           what standard input, output, error are on the host: WASI's number
//   timeout_ns=N  max-memory=N  fuel=N  features=LIST  gear=quick|best  unknown-imports=trap|default
//   allow-precompiled=  eager=  stats=
//   lines=                code knows its lines, as that of `skerry compile -g` does

#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/fs/ram.h"
#include "skerry/config.h"
#include "wasi/descriptors.h"

namespace skerry::kernel {

struct Manifest {
  struct Preopen {
    std::string guest;
    wasi::Mutability tree;
    std::shared_ptr<RamNode> root;  // in memory; null for the others
  };

  std::string file;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::vector<Preopen> preopens;
  std::vector<wasi::FileType> streams;
  std::optional<u64> timeout_ns, max_memory, fuel, warm_up;
  std::string features, unknown_imports;
  Gear gear = Gear::Quick;
  bool allow_precompiled = false, eager = false, stats = false, system = false, lines = false;

  std::span<const u8> program;  // in the archive
  // Machine code that the archive has for some modules: the engine's key (CodeCache), and an artifact.
  std::vector<std::pair<std::string_view, std::span<const u8>>> code;

  // The files' contents stay in the archive, which must outlive `files`.
  static Result<Manifest> read(std::span<const u8> archive, RamFiles& files);

 private:
  Result<void> read_record(std::string_view key, std::string_view value, RamFiles& files);
};

}  // namespace skerry::kernel
