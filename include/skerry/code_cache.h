// CodeCache: where compiled code is kept from one process to the next.
//
// The engine asks it by a key that stands for the module's bytes and everything else that the
// code depends on: target, CPU features, settings, version. (Of tiered modules there is no code here, but which
// functions were hot.) What load gives back is checked
// by its hash before use, so that damage costs a compilation and nothing else; but a hash
// finds damage, not malice: whoever may write to a cache runs code in this process.
//
// A cache is used by several threads at once. It does not fail: what cannot be stored is
// compiled again, what cannot be loaded is not there.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skerry/integers.h"
#include "skerry/result.h"

namespace skerry {

class CodeCache {
 public:
  virtual ~CodeCache() = default;
  // `key` is letters and digits, at most 64.
  virtual std::optional<std::vector<u8>> load(std::string_view key) = 0;
  virtual void store(std::string_view key, std::span<const u8> artifact) = 0;

  // A folder of files, made if it is not there, which must belong to this user alone. Once the
  // files have more than `max_bytes` together, those that were not used for longest are removed.
  // Several processes may share it. An empty path: $XDG_CACHE_HOME/skerry or ~/.cache/skerry.
  static Result<std::shared_ptr<CodeCache>> open_folder(std::string path, u64 max_bytes);
};

}  // namespace skerry
