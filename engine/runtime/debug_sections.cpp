#include "engine/runtime/debug_sections.h"

#include <cstring>

#include "base/leb128.h"

namespace skerry::runtime {
namespace {

// Of DWARF 4, sections 7.5 and 7.21.
constexpr u16 version = 4;
enum : u8 { TagCompileUnit = 0x11, NoChildren = 0 };
enum : u8 { AtName = 0x03, AtStatementList = 0x10, AtLowPc = 0x11, AtHighPc = 0x12 };
enum : u8 { FormAddress = 0x01, FormData8 = 0x07, FormString = 0x08, FormSectionOffset = 0x17 };
enum : u8 { Copy = 1, AdvancePc = 2, AdvanceLine = 3, Extended = 0 };
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

std::vector<u8> write_abbrev() {
  Section out;
  for (u8 byte : {u8{1}, u8(TagCompileUnit), u8(NoChildren), u8(AtName), u8(FormString), u8(AtLowPc), u8(FormAddress),
                  u8(AtHighPc), u8(FormData8), u8(AtStatementList), u8(FormSectionOffset), u8{0}, u8{0}, u8{0}}) {
    out.put(byte);
  }
  return out.take();
}

std::vector<u8> write_info(std::string_view file, u64 code_size) {
  Section out;
  usize unit = out.begin_length();
  out.put(version);
  out.put(u32{0});  // of its abbreviations
  out.put(u8{8});   // bytes of an address
  out.put_unsigned(1);
  out.put(file);
  out.put(u64{0});
  out.put(code_size);
  out.put(u32{0});  // of its line table
  out.end_length(unit);
  return out.take();
}

void write_sequence(Section& out, const FunctionTable& table, u32 function) {
  std::vector<codegen::LineSite> lines = table.lines(function);
  if (lines.empty()) return;
  out.put(u8(Extended));
  out.put_unsigned(1 + sizeof(u64));
  out.put(u8(SetAddress));
  out.put(u64{table.code_begin(function)});
  u32 offset = 0, position = 1;
  for (const codegen::LineSite& line : lines) {
    out.put(u8(AdvancePc));
    out.put_unsigned(line.offset - offset);
    out.put(u8(AdvanceLine));
    out.put_signed(i64(line.position) - i64(position));
    out.put(u8(Copy));
    offset = line.offset;
    position = line.position;
  }
  out.put(u8(AdvancePc));
  out.put_unsigned(table.code_size(function) - offset);
  out.put(u8(Extended));
  out.put_unsigned(1);
  out.put(u8(EndSequence));
}

std::vector<u8> write_line(std::string_view file, const FunctionTable& table) {
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
  out.put(u8{0});  // no folders
  out.put(file);
  out.put_unsigned(0);  // its folder,
  out.put_unsigned(0);  // time,
  out.put_unsigned(0);  // and size
  out.put(u8{0});
  out.end_length(header);
  for (u32 function = 0; function < table.count(); ++function) write_sequence(out, table, function);
  out.end_length(unit);
  return out.take();
}

}  // namespace

DebugSections write_debug_sections(std::string_view module_name, const FunctionTable& table, u64 code_size) {
  std::string_view file = module_name.substr(0, module_name.find('\0'));
  if (file.empty()) file = "module.wasm";
  return {write_abbrev(), write_info(file, code_size), write_line(file, table)};
}

}  // namespace skerry::runtime
