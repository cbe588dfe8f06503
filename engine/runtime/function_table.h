// FunctionTable: what the machine code of a module means, function by function: where each
// lies, which of its instructions may trap and why, and where in the .wasm its calls are.
//
// Sites are kept as bytes, three to four each, since there is one for every load and store:
//
//   function:   u32 length of the trap sites, of the call sites and of the inlined calls; these, then lines. The top
//               bit of the first is set of a function without a frame
//   trap site:  unsigned LEB128 distance of the offset from the site before, code,
//               signed LEB128 distance of the position
//   call site:  the same without the code; the offset is that behind the call
//   inlined:    unsigned LEB128 function, size of its body, position of the call; the first has in front of that the
//               begin of its range of positions, and the others' ranges follow (ir::InlinedCall)
//   line:       as a call site, but that the position is in the .wasm in any case; there are none unless the settings
//               ask for them
//
// A function's sites are read from its first on, which is linear in one function and only done
// on a trap. Reading takes no memory and no lock, as a signal handler must. The form is also
// that of artifacts; check() makes sure that bytes from outside can be read without harm.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/array.h"
#include "base/result.h"
#include "engine/codegen/target.h"
#include "engine/runtime/code_ranges.h"

namespace skerry::runtime {

struct Site {
  TrapCode code;  // of trap sites
  u32 position;
};

class FunctionTable final : public CodeMap {
 public:
  // Functions in the order of their addresses, which is that of the module's own functions.
  // `code_begin` is the offset from the first function's code.
  void add(u32 code_begin, u32 code_size, std::span<const u8> sites);
  static void encode(const codegen::CompiledFunction& function, Array<u8>& sites);

  u32 count() const { return u32(functions_.size()); }
  u32 code_begin(u32 function) const { return functions_[function].code_begin; }
  u32 code_size(u32 function) const { return functions_[function].code_size; }
  std::span<const u8> sites(u32 function) const {
    const Function& f = functions_[function];
    return std::span(sites_).subspan(f.sites_begin, f.sites_size);
  }

  // By offsets in the function's code. All may be called in a signal handler.
  std::optional<FunctionAt> find(u64 pc) const override;
  std::optional<Site> find_trap(u32 function, u32 offset) const;
  bool has_frame(u32 function) const;
  // Of the call that returns to `offset`.
  std::optional<Site> find_call(u32 function, u32 offset) const;
  // Of the last site at or before `offset`: about where an interrupted function was.
  u32 nearest_position(u32 function, u32 offset, u32 otherwise) const;

  std::vector<codegen::LineSite> lines(u32 function) const;

  // The call in whose place the operator at `position` stands; none for one of the function's own. Calls of calls have
  // positions further in front.
  struct Inlined {
    u32 function;
    u32 distance;  // of the operator from the begin of the callee's body
    u32 call;      // position
  };
  std::optional<Inlined> find_inlined(u32 function, u32 position) const;

  // Whether every function's code and sites lie within bounds, and sites within the function.
  bool check(u64 code_size) const;
  // Whether inlined functions are ones of the module's own, within their bodies.
  bool check_inlined(const wasm::Module& of) const;

  void set_code(u64 address) { code_ = address; }
  u64 code() const { return code_; }
  // Whose functions they are, and the index of the first.
  class CompiledModule* module = nullptr;
  u32 first = 0;

 private:
  struct Function {
    u32 code_begin;
    u32 code_size;
    u32 sites_begin;
    u32 sites_size;
  };
  Array<Function> functions_;
  Array<u8> sites_;
  u64 code_ = 0;  // address of the first function's code
};

}  // namespace skerry::runtime
