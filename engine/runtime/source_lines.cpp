#include "engine/runtime/source_lines.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/leb128.h"

namespace skerry::runtime {
namespace {

enum Form : u32 {
  Block = 0x09, Data1 = 0x0b, Data2 = 0x05, Data4 = 0x06, Data8 = 0x07, Data16 = 0x1e, UnsignedData = 0x0f,
  String = 0x08, StringPointer = 0x0e, LineStringPointer = 0x1f
};
enum Content : u32 { Path = 1, DirectoryIndex = 2 };
enum Opcode : u8 {
  Extended, Copy, AdvancePc, AdvanceLine, SetFile, SetColumn, NegateStatement, SetBasicBlock, ConstAddPc, FixedAdvancePc
};
enum ExtendedOpcode : u8 { EndSequence = 1, SetAddress = 2 };

// A section from front to back. Past its end all is zero and `is_good` false.
class Bytes {
 public:
  explicit Bytes(std::span<const u8> bytes) : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool is_good() const { return next_ != nullptr; }
  bool at_end() const { return next_ == end_ || !is_good(); }
  template <class T>
  T get() {
    T value{};
    if (const u8* at = take(sizeof value)) std::memcpy(&value, at, sizeof value);
    return value;
  }
  u64 leb() {
    if (!is_good()) return 0;
    auto read = read_leb_unsigned<u64, 64>(next_, end_);
    next_ = read.next;
    return read.next ? read.value : 0;
  }
  i64 signed_leb() {
    if (!is_good()) return 0;
    auto read = read_leb_signed<i64, u64, 64>(next_, end_);
    next_ = read.next;
    return read.next ? read.value : 0;
  }
  std::string_view string() {
    const u8* zero = is_good() ? std::find(next_, end_, u8{0}) : end_;
    if (zero == end_) return next_ = nullptr, "";
    std::string_view text(reinterpret_cast<const char*>(next_), usize(zero - next_));
    next_ = zero + 1;
    return text;
  }
  // The next so many bytes, which are passed.
  Bytes part(u64 size) {
    const u8* at = take(size);
    return Bytes(at ? std::span(at, usize(size)) : std::span<const u8>());
  }

 private:
  const u8* take(u64 size) {
    if (!is_good() || size > u64(end_ - next_)) return next_ = nullptr;
    return std::exchange(next_, next_ + size);
  }

  const u8* next_;  // null after a fault
  const u8* end_;
};

std::span<const u8> section(const wasm::Module& module, std::string_view name) {
  for (const wasm::CustomSection& custom : module.customs) {
    if (custom.name == name) return module.slice(custom.bytes);
  }
  return {};
}

}  // namespace

class LineReader {
 public:
  LineReader(const wasm::Module& module, SourceLines& out)
      : module_(module), strings_(section(module, ".debug_str")), line_strings_(section(module, ".debug_line_str")),
        out_(out) {}

  void run() {
    Bytes units(section(module_, ".debug_line"));
    while (!units.at_end()) {
      u32 length = units.get<u32>();
      if (length >= 0xfffffff0) return;  // 64-bit DWARF, which no compiler for wasm32 writes
      Bytes unit = units.part(length);
      if (units.is_good()) read_unit(unit);
    }
    std::ranges::sort(out_.rows_, {}, &SourceLines::Row::key);
  }

 private:
  void read_unit(Bytes unit) {
    u16 version = unit.get<u16>();
    if (version < 2 || version > 5) return;
    if (version == 5) unit.get<u16>();  // sizes of an address and of a segment selector
    Bytes header = unit.part(unit.get<u32>());
    minimum_length_ = header.get<u8>();
    if (version >= 4) header.get<u8>();  // operations in an instruction
    header.get<u8>();                    // whether rows begin statements
    line_base_ = header.get<i8>();
    line_range_ = header.get<u8>();
    opcode_base_ = header.get<u8>();
    operand_counts_.assign(1, 0);
    for (u32 i = 1; i < opcode_base_; ++i) operand_counts_.push_back(header.get<u8>());
    if (!header.is_good() || line_range_ == 0) return;
    directories_.clear();
    unit_files_.clear();
    if (version == 5) {
      read_entries(header, [&](std::string_view path, u64) { directories_.push_back(path); });
      read_entries(header, [&](std::string_view path, u64 directory) { add_file(path, directory); });
    } else {
      directories_.push_back("");
      for (std::string_view path; !(path = header.string()).empty();) directories_.push_back(path);
      add_file("", 0);  // files count from 1
      for (std::string_view path; !(path = header.string()).empty();) {
        u64 directory = header.leb();
        header.leb();  // its time,
        header.leb();  // and size
        add_file(path, directory);
      }
    }
    if (header.is_good()) run_program(unit);
  }

  void add_file(std::string_view path, u64 directory) {
    unit_files_.push_back(u32(out_.files_.size()));
    out_.files_.push_back({directory < directories_.size() ? directories_[directory] : "", path});
  }

  // The tables of version 5, which begin with what each entry has.
  template <class Add>
  void read_entries(Bytes& header, Add add) {
    struct Column {
      u64 content, form;
    };
    std::vector<Column> columns(header.get<u8>());
    for (Column& column : columns) column = {header.leb(), header.leb()};
    u64 count = header.leb();
    if (columns.empty()) return;
    for (u64 i = 0; i < count && header.is_good(); ++i) {
      std::string_view path;
      u64 directory = 0;
      for (const Column& column : columns) {
        std::string_view text;
        u64 number = 0;
        if (!read_form(header, column.form, text, number)) return;
        if (column.content == Path) path = text;
        if (column.content == DirectoryIndex) directory = number;
      }
      if (header.is_good()) add(path, directory);
    }
  }

  bool read_form(Bytes& header, u64 form, std::string_view& text, u64& number) const {
    switch (form) {
      case String: text = header.string(); break;
      case StringPointer: text = string_at(strings_, header.get<u32>()); break;
      case LineStringPointer: text = string_at(line_strings_, header.get<u32>()); break;
      case UnsignedData: number = header.leb(); break;
      case Data1: number = header.get<u8>(); break;
      case Data2: number = header.get<u16>(); break;
      case Data4: number = header.get<u32>(); break;
      case Data8: number = header.get<u64>(); break;
      case Data16: header.part(16); break;
      case Block: header.part(header.leb()); break;
      default: header.part(~u64{0}); break;
    }
    return header.is_good();
  }

  static std::string_view string_at(std::span<const u8> strings, u32 offset) {
    if (offset >= strings.size()) return "";
    return Bytes(strings.subspan(offset)).string();
  }

  // The line-number program: a machine whose registers are these.
  void run_program(Bytes& program) {
    u64 address = 0;
    i64 line = 1;
    u64 file = 1;
    usize first = out_.rows_.size();  // of the sequence
    auto restart = [&] { address = 0, line = 1, file = 1, first = out_.rows_.size(); };
    auto row = [&] {
      bool is_known = file < unit_files_.size() && line > 0 && line <= std::numeric_limits<i32>::max();
      add_row(address, is_known ? SourceLines::Place{unit_files_[file], u32(line)} : SourceLines::Place{0, 0});
    };
    auto advance = [&](u64 operations) { address += operations * minimum_length_; };
    while (!program.at_end()) {
      u8 opcode = program.get<u8>();
      if (opcode >= opcode_base_) {
        u32 special = opcode - opcode_base_;
        advance(special / line_range_);
        line = wrapping_add(line, line_base_ + i64(special % line_range_));
        row();
        continue;
      }
      switch (opcode) {
        case Extended: {
          Bytes operands = program.part(program.leb());
          switch (operands.get<u8>()) {
            case EndSequence:
              add_row(address, {0, 0});
              drop_if_dead(first);
              restart();
              break;
            case SetAddress: address = operands.get<u32>(); break;
            default: break;
          }
          break;
        }
        case Copy: row(); break;
        case AdvancePc: advance(program.leb()); break;
        case AdvanceLine: line = wrapping_add(line, program.signed_leb()); break;
        case SetFile: file = program.leb(); break;
        case ConstAddPc: advance((255 - opcode_base_) / line_range_); break;
        case FixedAdvancePc: address += program.get<u16>(); break;
        default:
          for (u8 i = 0; i < operand_counts_[opcode]; ++i) program.leb();
          break;
      }
    }
    out_.rows_.resize(first);  // a sequence without its end
  }

  static i64 wrapping_add(i64 a, i64 b) { return i64(u64(a) + u64(b)); }

  void add_row(u64 address, SourceLines::Place place) {
    // Whatever lies outside comes from code that the linker left out, and is dropped with its sequence.
    u32 position = address < module_.code_section.size ? u32(module_.code_section.offset + address) : no_position;
    out_.rows_.push_back({position, place, u32(out_.rows_.size())});
  }

  // Of a function that the linker left out, which is said to be at 0 or behind all code.
  void drop_if_dead(usize first) {
    auto& rows = out_.rows_;
    u32 begin = module_.code_section.offset;
    if (rows[first].position == no_position || rows[first].position == begin) return rows.resize(first);
    if (rows.back().position == no_position) rows.back().position = begin + module_.code_section.size;
    auto dead = std::remove_if(rows.begin() + std::ptrdiff_t(first), rows.end(),
                               [](const SourceLines::Row& row) { return row.position == no_position; });
    rows.erase(dead, rows.end());
  }

  static constexpr u32 no_position = ~u32{0};
  const wasm::Module& module_;
  const std::span<const u8> strings_, line_strings_;
  SourceLines& out_;
  // Of the unit:
  u8 minimum_length_ = 1, line_range_ = 1, opcode_base_ = 1;
  i8 line_base_ = 0;
  std::vector<u8> operand_counts_;
  std::vector<std::string_view> directories_;
  std::vector<u32> unit_files_;
};

SourceLines SourceLines::read(const wasm::Module& module) {
  SourceLines lines;
  LineReader(module, lines).run();
  return lines;
}

const SourceLines::Place* SourceLines::find(u32 position) const {
  auto behind = std::ranges::upper_bound(rows_, position, {}, &Row::position);
  if (behind == rows_.begin() || behind[-1].place.line == 0) return nullptr;
  return &behind[-1].place;
}

}  // namespace skerry::runtime
