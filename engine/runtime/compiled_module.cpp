#include "engine/runtime/compiled_module.h"

#include <algorithm>
#include <cstring>

#include "base/leb128.h"
#include "base/string.h"
#include "engine/decode/decode.h"
#include "engine/runtime/artifact.h"
#include "engine/runtime/compile.h"
#include "engine/runtime/const_expr.h"
#include "engine/runtime/debug_object.h"
#include "engine/runtime/lazy.h"
#include "engine/runtime/validate_bodies.h"
#include "engine/validate/module.h"

namespace skerry::runtime {

namespace {

// Of code, up to which Compilation::Fitting compiles all at once.
constexpr u32 small_code = 16 * KiB;

// What the nouns of a module may take, and its validation: by the sizes of its sections, whose items are not less than
// a byte. What follows a section that is none is not read either.
u64 memory_to_decode(std::span<const u8> bytes) {
  constexpr u64 per_byte = 48, validation = 16 * MiB / 64;
  enum Section : u8 { Custom = 0, Code = 10, Data = 11 };
  u64 needed = validation;
  const u8 *at = bytes.data() + std::min<usize>(bytes.size(), 8), *end = bytes.data() + bytes.size();
  while (at < end) {
    u8 section = *at++;
    auto size = read_leb_u32(at, end);
    if (!size.next) break;
    u64 there = std::min<u64>(size.value, u64(end - size.next));
    at = size.next + there;
    // Bodies and segments stay where they are; what validation holds of a body is in proportion to it.
    bool stays = section == Custom || section == Code || section == Data;
    needed += there * (stays ? 1 : per_byte);
  }
  return needed;
}

}  // namespace

CompiledModule::CompiledModule(std::shared_ptr<Engine> engine, std::vector<u8> bytes)
    : engine_(std::move(engine)), bytes_(std::move(bytes)) {}

CompiledModule::~CompiledModule() {
  if (debugger_token_) engine_->config().debugger->code_removed(debugger_token_);
  for (u32 id : signatures_) engine_->signatures().release(id);
}

Result<std::shared_ptr<CompiledModule>> CompiledModule::create(std::shared_ptr<Engine> engine, std::vector<u8> bytes) {
  std::shared_ptr<CompiledModule> self(new CompiledModule(std::move(engine), std::move(bytes)));
  const Engine& e = *self->engine_;
  Compilation how = e.is_tiered() ? Compilation::Lazy : e.config().compilation;
  bool may_load = e.config().cache && e.runs_here() && how != Compilation::Lazy;
  std::string key;
  if (may_load) {
    key = cache_key(e, self->bytes_);
    if (auto bytes = e.config().cache->load(key)) {
      auto artifact = read_artifact(e, *bytes);
      // What was compiled had been found valid.
      if (artifact && std::ranges::equal(artifact->module, self->bytes_) && self->decode() &&
          self->take(std::move(artifact->code))) {
        TRY(self->finish());
        return self;
      }
    }
  }
  if (platform::available_memory() < memory_to_decode(self->bytes_)) {
    return fail(ErrorCode::Limit, "there is not enough memory for the module");
  }
  TRY(self->decode());
  TRY(validate::validate_module(self->module_, e.features()));
  bool is_small = self->module_.code_section.size <= small_code;
  if (how == Compilation::Lazy || (how == Compilation::Fitting && !is_small)) {
    TRY(validate_bodies(e, self->module_));
    self->lazy_ = std::make_unique<LazyCode>(*self);
    if (e.runs_here()) TRY(self->lazy_->reserve());
  } else {
    self->code_ = TRY(compile_module(e, self->module_, self->layout_));
    if (may_load) e.config().cache->store(key, write_artifact(*self));
  }
  TRY(self->finish());
  if (self->lazy_ && e.runs_here()) self->lazy_->begin_hot();
  return self;
}

Result<std::shared_ptr<CompiledModule>> CompiledModule::create(std::shared_ptr<Engine> engine, std::vector<u8> bytes,
                                                               ModuleCode code) {
  std::shared_ptr<CompiledModule> self(new CompiledModule(std::move(engine), std::move(bytes)));
  TRY(self->decode());
  // Whoever wrote it had found it valid; what comes relies on its indices.
  TRY(validate::validate_module(self->module_, self->engine_->features()));
  if (!self->take(std::move(code))) return fail(ErrorCode::Artifact, "the artifact's code is not that of its module");
  TRY(self->finish());
  return self;
}

bool CompiledModule::take(ModuleCode code) {
  if (code.table.count() != module_.functions.size() - module_.imported_functions) return false;
  if (!code.table.check_inlined(module_)) return false;
  code_ = std::move(code);
  return true;
}

Result<void> CompiledModule::decode() {
  module_ = TRY(wasm::decode(bytes_, engine_->features()));
  layout_ = InstanceLayout::of(module_);
  return {};
}

Result<void> CompiledModule::finish() {
  for (const FuncType& type : module_.types) signatures_.push_back(TRY(engine_->signatures().acquire(type)));
  if (!engine_->runs_here()) return {};

  if (!is_lazy()) {
    code_.table.module = this;
    code_.table.first = module_.imported_functions;
    TRY(code_.memory.publish());
    code_.memory.add_range(0, code_.size, CodeKind::Functions, &code_.table);
    tell_profiler(code_.table);
    if (Debugger* debugger = engine_->config().debugger.get()) {
      debugger_token_ = debugger->code_added(write_debug_object(*this));
    }
  }
  TRY(make_stubs());
  return make_images();
}

// For functions that something outside may call, and for those of the host that imports probably are.
Result<void> CompiledModule::make_stubs() {
  Array<WantedStubs> wanted(module_.types.size());
  for (u32 type = 0; type < wanted.size(); ++type) wanted[type].id = signatures_[type];
  auto wanted_of = [&](FuncIndex function) -> WantedStubs& { return wanted[module_.functions[function].type.raw()]; };
  auto need = [&](FuncIndex function) { wanted_of(function).bridge = true; };
  for (FuncIndex f(0); f.raw() < module_.imported_functions; f = f.next()) wanted_of(f).call_host = true;
  for (const wasm::Export& e : module_.exports) {
    if (e.kind != ExternKind::Func) continue;
    need(FuncIndex(e.index));
    wanted_of(FuncIndex(e.index)).enter = true;
  }
  for (u32 f : module_.declared_functions) need(FuncIndex(f));
  if (!module_.start.is_none()) {
    need(module_.start);
    wanted_of(module_.start).enter = true;
  }
  TRY(engine_->signatures().make_stubs(wanted));
  bridges_.resize(wanted.size());
  for (u32 type = 0; type < wanted.size(); ++type) {
    if (wanted[type].bridge) bridges_[type] = engine_->signatures().stubs(signatures_[type]).bridge;
  }
  return {};
}

// Active data segments are applied in order, up to the first that is not to a memory of its
// own, at a constant place, within it: so far instantiation cannot trap, and nobody can tell.
Result<void> CompiledModule::make_images() {
  u32 own = module_.memories.size() - module_.imported_memories;
  images_.resize(own);
  struct Extent {
    u64 begin = ~u64{0};
    u64 end = 0;
    u64 content = 0;
  };
  Array<Extent> extents(own);
  struct Placed {
    u32 memory;
    u64 offset;
    std::span<const u8> bytes;
  };
  Array<Placed> placed;
  u32 count = 0;
  for (const wasm::Data& data : module_.datas) {
    if (data.mode == wasm::SegmentMode::Active) {
      if (data.memory.raw() < module_.imported_memories) break;
      std::optional<u64> offset = evaluate(module_, data.offset, NoInstance());
      u64 size = module_.memories[data.memory].limits.min * page_size;
      if (!offset || *offset > size || data.bytes.size > size - *offset) break;
      u32 memory = data.memory.raw() - module_.imported_memories;
      if (data.bytes.size != 0) {
        Extent& extent = extents[memory];
        extent.begin = std::min(extent.begin, *offset);
        extent.end = std::max(extent.end, *offset + data.bytes.size);
        extent.content += data.bytes.size;
        placed.push_back({memory, *offset, module_.slice(data.bytes)});
      }
    }
    ++count;
  }

  // Content that is spread thin, over all memories, is written at instantiation instead.
  constexpr u64 spare = 16 * MiB;
  u64 page = platform::page_size();
  u64 spread = 0, content = 0;
  for (Extent& extent : extents) {
    if (extent.end == 0) continue;
    extent.begin = align_down(extent.begin, page);
    spread += extent.end - extent.begin;
    content += extent.content;
  }
  if (spread > 4 * content + spare) return {};
  std::vector<std::vector<u8>> contents(own);
  for (u32 i = 0; i < own; ++i) {
    if (extents[i].end != 0) contents[i].resize(extents[i].end - extents[i].begin);
  }
  for (const Placed& data : placed) {
    std::memcpy(contents[data.memory].data() + (data.offset - extents[data.memory].begin), data.bytes.data(),
                data.bytes.size());
  }
  for (u32 i = 0; i < own; ++i) {
    if (contents[i].empty()) continue;
    auto image = MemoryImage::create(extents[i].begin, contents[i]);
    if (!image) {
      // A system without images: segments are written at instantiation.
      std::ranges::fill(images_, nullptr);
      return {};
    }
    images_[i] = *std::move(image);
  }
  data_in_images_ = count;
  return {};
}

const void* CompiledModule::entry(FuncIndex function) const {
  if (is_lazy()) return lazy_->entry(function);
  return code_.memory.data() + code_.table.code_begin(function.raw() - module_.imported_functions);
}

const wasm::Export* CompiledModule::find_export(std::string_view name) const {
  auto name_of = [&](u32 i) { return module_.exports[i].name; };
  const auto& order = module_.exports_by_name;
  auto place = std::ranges::lower_bound(order, name, {}, name_of);
  if (place == order.end() || name_of(*place) != name) return nullptr;
  return &module_.exports[*place];
}

void CompiledModule::tell_profiler(const FunctionTable& table) const {
  Profiler* profiler = engine_->config().profiler.get();
  if (!profiler) return;
  for (u32 i = 0; i < table.count(); ++i)
    profiler->function_added(table.code() + table.code_begin(i), table.code_size(i), name_of(FuncIndex(table.first + i)));
}

std::string CompiledModule::name_of(FuncIndex function) const {
  std::string_view name;
  if (function.raw() < module_.function_names.size()) name = module_.function_names[function];
  // Where names end at a zero byte, one of WebAssembly may contain it.
  if (name.empty()) return concat("function[", function.raw(), "]");
  return std::string(name.substr(0, name.find('\0')));
}

void CompiledModule::add_frames(const FunctionTable& table, u32 function, u32 offset, SiteOf what,
                                std::vector<Frame>& frames) const {
  FuncIndex index(table.first + function);
  std::optional<Site> site =
      what == SiteOf::Call ? table.find_call(function, offset) : table.find_trap(function, offset);
  u32 body = module_.functions[index].body.offset;
  u32 position = site ? site->position : table.nearest_position(function, offset, body);
  while (auto inlined = table.find_inlined(function, position)) {
    FuncIndex callee(inlined->function);
    frames.push_back(frame(callee, module_.functions[callee].body.offset + inlined->distance));
    position = inlined->call;
  }
  frames.push_back(frame(index, std::max(position, body)));
}

Frame CompiledModule::frame(FuncIndex function, u32 position) const {
  Frame frame;
  frame.module = module_.module_name;
  if (function.raw() < module_.function_names.size()) frame.function = module_.function_names[function];
  frame.function_index = function.raw();
  frame.function_begin = module_.functions[function].body.offset;
  frame.position = position;
  return frame;
}

}  // namespace skerry::runtime
