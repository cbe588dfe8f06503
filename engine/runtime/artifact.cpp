#include "engine/runtime/artifact.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/string.h"
#include "engine/runtime/blake2b.h"
#include "engine/runtime/debug_sections.h"
#include "engine/runtime/elf.h"
#include "engine/runtime/engine_id.h"
#include "engine/runtime/targets.h"

namespace skerry::runtime {
namespace {

using namespace elf;

// The sections, in their order in the file.
enum SectionIndex : u16 {
  None,
  Text,
  Functions,
  Sites,
  Module,
  Settings,
  HashSum,
  Symbols,
  Strings,
  DebugAbbrev,
  DebugInfo,
  DebugLine,
  SectionNames,
  SectionCount
};
struct SectionInfo {
  std::string_view name;
  SectionType type;
  u64 flags, alignment, entry_size;
  u32 link;
};
constexpr SectionInfo sections[] = {
    {"", Null, 0, 0, 0, 0},
    {".text", ProgramBits, allocated | executable, codegen::CompiledFunction::most_alignment, 0, 0},
    {".skerry.functions", ProgramBits, 0, 4, 12, 0},
    {".skerry.sites", ProgramBits, 0, 1, 0, 0},
    {".skerry.module", ProgramBits, 0, 1, 0, 0},
    {".skerry.settings", ProgramBits, 0, 1, 0, 0},
    {".skerry.hash", ProgramBits, 0, 1, 0, 0},
    {".symtab", SymbolTable, 0, 8, sizeof(Symbol), Strings},
    {".strtab", StringTable, 0, 1, 0, 0},
    {".debug_abbrev", ProgramBits, 0, 1, 0, 0},
    {".debug_info", ProgramBits, 0, 1, 0, 0},
    {".debug_line", ProgramBits, 0, 1, 0, 0},
    {".shstrtab", StringTable, 0, 1, 0, 0},
};
static_assert(std::size(sections) == SectionCount);

struct FunctionRow {
  u32 code_begin, code_size, sites_size;
};

template <class T>
std::span<const u8> bytes_of(const T& object) {
  return {reinterpret_cast<const u8*>(&object), sizeof object};
}
std::span<const u8> text_bytes(std::string_view text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}
template <class T>
std::span<const u8> bytes_of(const std::vector<T>& items) {
  return {reinterpret_cast<const u8*>(items.data()), items.size() * sizeof(T)};
}

std::string settings_of(const Engine& engine) { return concat("skerry ", engine_id, "; ", engine.describe()); }

class Writer {
 public:
  explicit Writer(const CompiledModule& module) : module_(module), code_(*module.code()) {}

  std::vector<u8> run() {
    describe_functions();
    std::string settings = settings_of(module_.engine());
    std::string names;
    u32 name_offsets[SectionCount];
    for (u32 i = 0; i < SectionCount; ++i) {
      name_offsets[i] = u32(names.size());
      names.append(sections[i].name).push_back(0);
    }
    Hash no_hash{};
    DebugSections debug;
    if (module_.engine().settings().lines) debug = write_debug_sections(module_, code_.table, code_.size, 0);
    std::span<const u8> contents[SectionCount] = {
        {}, code_.memory.bytes().first(code_.size), bytes_of(rows_), sites_, module_.bytes(), text_bytes(settings),
        no_hash, bytes_of(symbols_), text_bytes(strings_), debug.abbrev, debug.info, debug.line, text_bytes(names)};

    // All at once, so that growth does not double what is the size of the module.
    usize total = sizeof(FileHeader) + sizeof(SectionHeader) * (SectionCount + 1);
    for (u32 i = 1; i < SectionCount; ++i) total += contents[i].size() + sections[i].alignment;
    out_.reserve(total);
    out_.resize(sizeof(FileHeader));
    SectionHeader headers[SectionCount] = {};
    for (u32 i = 1; i < SectionCount; ++i) {
      out_.resize(align_up(out_.size(), sections[i].alignment));
      headers[i] = {
          name_offsets[i],       sections[i].type,      sections[i].flags, 0,
          out_.size(),           contents[i].size(),    sections[i].link,  i == Symbols ? u32(symbols_.size()) : 0,
          sections[i].alignment, sections[i].entry_size};
      out_.insert(out_.end(), contents[i].begin(), contents[i].end());
    }
    out_.resize(align_up(out_.size(), 8));
    FileHeader header{};
    std::copy(std::begin(ident), std::end(ident), header.ident);
    header.type = relocatable;
    header.machine = elf_machine(module_.engine().target().name());
    header.version = 1;
    header.section_headers = out_.size();
    header.header_size = sizeof(FileHeader);
    header.section_header_size = sizeof(SectionHeader);
    header.section_header_count = SectionCount;
    header.names_section = SectionNames;
    out_.insert(out_.end(), bytes_of(headers).begin(), bytes_of(headers).end());
    std::memcpy(out_.data(), &header, sizeof header);

    Blake2b hash;
    hash.add(out_);
    Hash sum = hash.finish();
    std::ranges::copy(sum, out_.begin() + isize(headers[HashSum].offset));
    return std::move(out_);
  }

 private:
  using isize = std::ptrdiff_t;

  void describe_functions() {
    const FunctionTable& table = code_.table;
    const wasm::Module& module = module_.module();
    strings_.push_back(0);
    symbols_.push_back({});
    for (u32 i = 0; i < table.count(); ++i) {
      std::span<const u8> sites = table.sites(i);
      rows_.push_back({table.code_begin(i), table.code_size(i), u32(sites.size())});
      sites_.insert(sites_.end(), sites.begin(), sites.end());
      FuncIndex function(module.imported_functions + i);
      symbols_.push_back({u32(strings_.size()), local_function, 0, Text, table.code_begin(i), table.code_size(i)});
      strings_ += module_.name_of(function);
      strings_.push_back(0);
    }
  }

  const CompiledModule& module_;
  const ModuleCode& code_;
  std::vector<FunctionRow> rows_;
  std::vector<u8> sites_;
  std::vector<Symbol> symbols_;
  std::string strings_;
  std::vector<u8> out_;
};

Failure<Error> damaged(std::string_view what) {
  return fail(ErrorCode::Artifact, concat("the artifact is damaged: ", what));
}

class Reader {
 public:
  Reader(const Engine& engine, std::span<const u8> bytes) : engine_(engine), bytes_(bytes) {}

  Result<Artifact> run() {
    FileHeader header;
    if (bytes_.size() < sizeof header) return fail(ErrorCode::Artifact, "the file is too short to be an artifact");
    std::memcpy(&header, bytes_.data(), sizeof header);
    if (!std::ranges::equal(header.ident, ident)) return fail(ErrorCode::Artifact, "the file is not an artifact");
    if (header.type != relocatable || header.section_header_count != SectionCount ||
        header.section_header_size != sizeof(SectionHeader)) {
      return fail(ErrorCode::Artifact, "the ELF file was not made by this program");
    }
    if (!in_bounds(header.section_headers, sizeof headers_)) return damaged("it ends before its table of sections");
    std::memcpy(headers_, bytes_.data() + header.section_headers, sizeof headers_);
    for (u32 i = 1; i < SectionCount; ++i) {
      if (!in_bounds(headers_[i].offset, headers_[i].size)) return damaged("it ends within a section");
    }
    TRY(check_hash());

    std::string expected = settings_of(engine_);
    std::span<const u8> settings = section(Settings);
    if (!std::ranges::equal(settings, text_bytes(expected))) {
      std::string_view found(reinterpret_cast<const char*>(settings.data()), settings.size());
      return fail(ErrorCode::Artifact,
                  concat("the artifact was made for \"", found, "\", and this engine is for \"", expected, "\""));
    }
    Artifact out;
    out.module = section(Module);
    TRY(read_code(out.code));
    return out;
  }

 private:
  bool in_bounds(u64 offset, u64 size) const { return offset <= bytes_.size() && size <= bytes_.size() - offset; }
  std::span<const u8> section(SectionIndex index) const {
    return bytes_.subspan(headers_[index].offset, headers_[index].size);
  }

  Result<void> check_hash() const {
    if (headers_[HashSum].size != sizeof(Hash)) return damaged("its hash has another size");
    usize begin = headers_[HashSum].offset;
    Blake2b hash;
    hash.add(bytes_.first(begin));
    hash.add(Hash{});
    hash.add(bytes_.subspan(begin + sizeof(Hash)));
    if (!std::ranges::equal(hash.finish(), section(HashSum))) return damaged("its hash is not that of its content");
    return {};
  }

  Result<void> read_code(ModuleCode& code) const {
    std::span<const u8> text = section(Text), rows = section(Functions), sites = section(Sites);
    code.memory = TRY(CodeMemory::create(text.size()));
    code.size = text.size();
    if (!text.empty()) std::memcpy(code.memory.data(), text.data(), text.size());
    code.table.set_code(reinterpret_cast<u64>(code.memory.data()));
    for (usize at = 0; at + sizeof(FunctionRow) <= rows.size(); at += sizeof(FunctionRow)) {
      FunctionRow row;
      std::memcpy(&row, rows.data() + at, sizeof row);
      if (row.sites_size > sites.size()) return damaged("a function's sites are out of bounds");
      code.table.add(row.code_begin, row.code_size, sites.first(row.sites_size));
      sites = sites.subspan(row.sites_size);
    }
    if (!code.table.check(text.size())) return damaged("a function is out of bounds");
    return {};
  }

  const Engine& engine_;
  std::span<const u8> bytes_;
  SectionHeader headers_[SectionCount];
};

}  // namespace

std::vector<u8> write_artifact(const CompiledModule& module) { return Writer(module).run(); }

Result<Artifact> read_artifact(const Engine& engine, std::span<const u8> artifact) {
  if (engine.settings().calls == codegen::CallStyle::Slot) {
    return fail(ErrorCode::Argument, "an engine that compiles lazily takes no artifacts");
  }
  return Reader(engine, artifact).run();
}

std::string cache_key(const Engine& engine, std::span<const u8> module) {
  Blake2b hash;
  hash.add(settings_of(engine));
  hash.add(bytes_of(u64{module.size()}));
  hash.add(module);
  return hex(hash.finish());
}

}  // namespace skerry::runtime
