#include "engine/translate/translate.h"

#include "base/string.h"
#include "engine/translate/translator.h"

namespace skerry::translate {

Scratch::Scratch() : arrays_(std::make_unique<Arrays>()) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;

namespace {

// The offset of the code behind the declarations of locals, and their number; nothing if they are malformed.
struct CodeStart {
  u32 offset;
  u32 local_count;
};
std::optional<CodeStart> find_code(const wasm::Module& module, FuncIndex index) {
  wasm::ByteRange body = module.functions[index].body;
  const u8* base = module.bytes.data();
  const u8* at = base + body.offset;
  const u8* end = at + body.size;
  auto groups = read_leb_u32(at, end);
  if (!groups.next) return std::nullopt;
  at = groups.next;
  u64 count = module.type_of(index).params.size();
  for (u32 i = 0; i < groups.value; ++i) {
    auto locals = read_leb_u32(at, end);
    if (!locals.next || locals.next == end) return std::nullopt;
    at = locals.next + 1;  // a value type is one byte
    count += locals.value;
    if (count > limits::locals) return std::nullopt;
  }
  return CodeStart{u32(at - base), u32(count)};
}

}  // namespace

Result<TranslateOutcome> translate_function(const wasm::Module& module, FuncIndex index, Features features,
                                            const Options& options, Scratch& scratch, ir::Function& out) {
  Scratch::Arrays& arrays = scratch.arrays();
  wasm::ByteRange body = module.functions[index].body;
  // Where there is no code to scan, validation says why.
  CodeStart code = find_code(module, index).value_or(CodeStart{body.offset + body.size, 0});
  u32 end = body.offset + body.size;
  arrays.prescan.scan(module.bytes.subspan(code.offset, end - code.offset), code.offset, code.local_count);
  TranslateOutcome outcome{.work = arrays.prescan.work()};

  LocalsPolicy locals = arrays.prescan.over_budget() ? LocalsPolicy::Slots : options.locals;
  for (;;) {
    out.clear();
    out.index = index;
    out.signature = &module.type_of(index);
    u64 hard_budget = hard_budget_of(body.size);
    u64 extra_budget = locals == LocalsPolicy::Values ? budget_of(body.size) : hard_budget;
    Translator translator(module, options, arrays, out, locals, extra_budget, hard_budget);
    TRY(validate::validate_function(module, index, features, translator, arrays.validation));
    outcome.locals_in_slots = locals == LocalsPolicy::Slots;
    outcome.work += out.insts.size() + out.extra.size();
    if (!translator.over_budget()) {
      arrays.pruner.run(out);
      return outcome;
    }
    if (locals == LocalsPolicy::Slots)
      return fail(ErrorCode::Limit, body.offset, concat("function ", index.raw(),
          " hands on too many values by its calls and branches"));
    locals = LocalsPolicy::Slots;
  }
}

}  // namespace skerry::translate
