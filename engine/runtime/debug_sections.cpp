#include "engine/runtime/debug_sections.h"

#include <cstring>
#include <unordered_map>

#include "base/leb128.h"
#include "engine/runtime/compiled_module.h"
#include "engine/runtime/source_lines.h"

namespace skerry::runtime {
namespace {

// Of DWARF 4, sections 7.5 and 7.21.
constexpr u16 version = 4;
enum : u8 { TagCompileUnit = 0x11, TagSubprogram = 0x2e, NoChildren = 0, HasChildren = 1 };
enum : u8 { AtName = 0x03, AtStatementList = 0x10, AtLowPc = 0x11, AtHighPc = 0x12 };
enum : u8 { FormAddress = 0x01, FormData8 = 0x07, FormString = 0x08, FormSectionOffset = 0x17 };
enum : u8 { Copy = 1, AdvancePc = 2, AdvanceLine = 3, SetFile = 4, Extended = 0 };
enum : u8 { EndSequence = 1, SetAddress = 2 };
constexpr u8 operand_counts[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};  // of the standard opcodes, 1 to 12

class Section {
 public:
  template <class T>
  void put(T value) {
    usize at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  void put(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    bytes_.push_back(0);
  }
  void put(std::span<const u8> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void put_unsigned(u64 value) { write_leb_unsigned(bytes_, value); }
  void put_signed(i64 value) { write_leb_signed(bytes_, value); }

  // A length that counts the bytes behind itself, to be filled in by end_length.
  usize begin_length() {
    put(u32{0});
    return bytes_.size();
  }
  void end_length(usize begin) {
    u32 length = u32(bytes_.size() - begin);
    std::memcpy(bytes_.data() + begin - sizeof length, &length, sizeof length);
  }

  std::vector<u8> take() { return std::move(bytes_); }

 private:
  std::vector<u8> bytes_;
};

// The codes of the two kinds of entries.
enum : u8 { Unit = 1, Function = 2 };

std::vector<u8> write_abbrev() {
  Section out;
  for (u8 byte : {u8(Unit), u8(TagCompileUnit), u8(HasChildren), u8(AtName), u8(FormString), u8(AtLowPc),
                  u8(FormAddress), u8(AtHighPc), u8(FormData8), u8(AtStatementList), u8(FormSectionOffset), u8{0},
                  u8{0}, u8(Function), u8(TagSubprogram), u8(NoChildren), u8(AtName), u8(FormString), u8(AtLowPc),
                  u8(FormAddress), u8(AtHighPc), u8(FormData8), u8{0}, u8{0}, u8{0}}) {
    out.put(byte);
  }
  return out.take();
}

class Writer {
 public:
  Writer(const CompiledModule& module, const FunctionTable& table, u64 code_size, u64 base)
      : module_(module), table_(table), code_size_(code_size), base_(base) {
    std::string_view name = module.module().module_name;
    file_ = name.substr(0, name.find('\0'));
    if (file_.empty()) file_ = "module.wasm";
  }

  std::vector<u8> info() const {
    Section out;
    usize unit = out.begin_length();
    out.put(version);
    out.put(u32{0});  // of its abbreviations
    out.put(u8{8});   // bytes of an address
    out.put_unsigned(Unit);
    out.put(file_);
    out.put(base_);
    out.put(code_size_);
    out.put(u32{0});  // of its line table
    for (u32 i = 0; i < table_.count(); ++i) {
      out.put_unsigned(Function);
      out.put(std::string_view(module_.name_of(FuncIndex(module_.module().imported_functions + i))));
      out.put(base_ + table_.code_begin(i));
      out.put(u64{table_.code_size(i)});
    }
    out.put(u8{0});  // the end of the unit's children
    out.end_length(unit);
    return out.take();
  }

  std::vector<u8> line() {
    Section rows;
    for (u32 function = 0; function < table_.count(); ++function) write_sequence(rows, function);
    std::vector<u8> program = rows.take();

    Section out;
    usize unit = out.begin_length();
    out.put(version);
    usize header = out.begin_length();
    out.put(u8{1});   // bytes that addresses advance by
    out.put(u8{1});   // operations in an instruction
    out.put(u8{1});   // every row begins a statement
    out.put(i8{-5});  // special opcodes: none is used, and these are what readers are used to
    out.put(u8{14});
    out.put(u8(std::size(operand_counts) + 1));
    for (u8 count : operand_counts) out.put(count);
    for (std::string_view folder : folders_) out.put(folder);
    out.put(u8{0});
    put_file(out, file_, 0);
    for (const UsedFile& file : used_) put_file(out, file.name, file.folder);
    out.put(u8{0});
    out.end_length(header);
    out.put(std::span<const u8>(program));
    out.end_length(unit);
    return out.take();
  }

 private:
  struct UsedFile {
    std::string_view name;
    u32 folder;
  };

  static void put_file(Section& out, std::string_view name, u32 folder) {
    out.put(name);
    out.put_unsigned(folder);
    out.put_unsigned(0);  // its time,
    out.put_unsigned(0);  // and size
  }

  // File 1 is the module, whose lines are bytes; behind it come the source files that are used.
  u32 number_of(u32 source_file) {
    auto [place, is_new] = numbers_.try_emplace(source_file, u32(used_.size()) + 2);
    if (is_new) {
      const SourceLines::File& file = source_.files()[source_file];
      used_.push_back({file.name.empty() ? "?" : file.name, number_of_folder(file.directory)});
    }
    return place->second;
  }
  u32 number_of_folder(std::string_view folder) {
    if (folder.empty()) return 0;
    auto [place, is_new] = folder_numbers_.try_emplace(folder, u32(folders_.size()) + 1);
    if (is_new) folders_.push_back(folder);
    return place->second;
  }

  void write_sequence(Section& out, u32 function) {
    std::vector<codegen::LineSite> lines = table_.lines(function);
    if (lines.empty()) return;
    out.put(u8(Extended));
    out.put_unsigned(1 + sizeof(u64));
    out.put(u8(SetAddress));
    out.put(base_ + table_.code_begin(function));
    u32 offset = 0, file = 1, line = 1;
    bool is_first = true;
    for (const codegen::LineSite& site : lines) {
      const SourceLines::Place* place = source_.find(site.position);
      u32 new_file = place ? number_of(place->file) : 1, new_line = place ? place->line : site.position;
      // What a compiler put between two instructions of a line is of that line to those who go by lines.
      if (!is_first && new_file == file && new_line == line) continue;
      if (new_file != file) {
        out.put(u8(SetFile));
        out.put_unsigned(new_file);
      }
      out.put(u8(AdvancePc));
      out.put_unsigned(site.offset - offset);
      out.put(u8(AdvanceLine));
      out.put_signed(i64(new_line) - i64(line));
      out.put(u8(Copy));
      offset = site.offset;
      file = new_file;
      line = new_line;
      is_first = false;
    }
    out.put(u8(AdvancePc));
    out.put_unsigned(table_.code_size(function) - offset);
    out.put(u8(Extended));
    out.put_unsigned(1);
    out.put(u8(EndSequence));
  }

  const CompiledModule& module_;
  const FunctionTable& table_;
  const u64 code_size_, base_;
  std::string_view file_;
  const SourceLines source_ = SourceLines::read(module_.module());
  std::vector<UsedFile> used_;
  std::vector<std::string_view> folders_;
  std::unordered_map<u32, u32> numbers_;
  std::unordered_map<std::string_view, u32> folder_numbers_;
};

}  // namespace

DebugSections write_debug_sections(const CompiledModule& module, const FunctionTable& table, u64 code_size, u64 base) {
  Writer writer(module, table, code_size, base);
  return {write_abbrev(), writer.info(), writer.line()};
}

}  // namespace skerry::runtime
