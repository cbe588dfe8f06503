#include "engine/runtime/function_table.h"

#include <cstddef>
#include <cstring>

#include "base/leb128.h"

namespace skerry::runtime {
namespace {

enum class SiteKind : u8 { Trap, Call, Line };

// The sites of one kind, one after the other.
class SiteReader {
 public:
  SiteReader(std::span<const u8> bytes, SiteKind kind)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), kind_(kind) {}

  u32 offset = 0;
  Site site = {TrapCode::Unreachable, 0};

  // False at the end, or where the bytes are none that encode() writes.
  bool next() {
    if (at_ == end_) return false;
    auto distance = read_leb_u32(at_, end_);
    if (!distance.next) return fail();
    at_ = distance.next;
    if (kind_ == SiteKind::Trap) {
      if (at_ == end_ || *at_ >= u8(TrapCode::Count)) return fail();
      site.code = TrapCode(*at_++);
    }
    auto moved = read_leb_s33(at_, end_);
    if (!moved.next || distance.value > ~u32{0} - offset) return fail();
    at_ = moved.next;
    offset += distance.value;
    site.position += u32(moved.value);
    return true;
  }
  bool is_damaged() const { return damaged_; }

 private:
  bool fail() {
    damaged_ = true;
    at_ = end_;
    return false;
  }

  const u8* at_;
  const u8* end_;
  SiteKind kind_;
  bool damaged_ = false;
};

// The calls that were inlined, one after the other.
class InlinedReader {
 public:
  explicit InlinedReader(std::span<const u8> bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {
    if (at_ != end_) end_of_range = read();
  }

  u32 function = 0, begin = 0, end_of_range = 0, call = 0;

  // False at the end, or where the bytes are none that encode() writes.
  bool next() {
    if (at_ == end_) return false;
    function = read();
    u32 size = read();
    begin = end_of_range;
    call = read();
    damaged_ |= size > ~u32{0} - begin || call >= begin;
    end_of_range = begin + size;
    if (damaged_) at_ = end_;
    return !damaged_;
  }
  bool is_damaged() const { return damaged_; }

 private:
  u32 read() {
    auto number = read_leb_u32(at_, end_);
    if (!number.next) {
      damaged_ = true;
      at_ = end_;
      return 0;
    }
    at_ = number.next;
    return number.value;
  }

  const u8* at_;
  const u8* end_;
  bool damaged_ = false;
};

// How long the parts of a function's sites are, but for the last.
struct PartSizes {
  u32 traps, calls, inlined;
};
constexpr u32 frameless = u32{1} << 31;  // a bit of `traps` in front of sites

PartSizes sizes_of(std::span<const u8> sites) {
  PartSizes sizes;
  __builtin_memcpy(&sizes, sites.data(), sizeof sizes);
  sizes.traps &= ~frameless;
  return sizes;
}

// The part of a function's sites that is of one kind; all of it must be at least as long as its sizes say.
std::span<const u8> part(std::span<const u8> sites, SiteKind kind) {
  PartSizes sizes = sizes_of(sites);
  std::span<const u8> rest = sites.subspan(sizeof sizes);
  if (kind == SiteKind::Trap) return rest.first(sizes.traps);
  rest = rest.subspan(sizes.traps);
  return kind == SiteKind::Call ? rest.first(sizes.calls) : rest.subspan(sizes.calls + sizes.inlined);
}
std::span<const u8> inlined_part(std::span<const u8> sites) {
  PartSizes sizes = sizes_of(sites);
  return sites.subspan(sizeof sizes + sizes.traps + sizes.calls, sizes.inlined);
}

}  // namespace

void FunctionTable::encode(const codegen::CompiledFunction& function, Array<u8>& sites) {
  usize start = sites.size();
  PartSizes sizes;
  sites.resize(start + sizeof sizes);
  u32 offset = 0, position = 0;
  auto step = [&](u32 to) {
    CHECK(to >= offset);
    write_leb_unsigned(sites, to - offset);
    offset = to;
  };
  auto move = [&](u32 to) {
    write_leb_signed(sites, i64(to) - i64(position));
    position = to;
  };
  auto end_part = [&] {
    offset = position = 0;
    return u32(sites.size() - start - sizeof sizes);
  };
  for (const codegen::TrapSite& site : function.traps) {
    step(site.offset);
    sites.push_back(u8(site.code));
    move(site.position);
  }
  sizes.traps = end_part();
  for (const codegen::CallSite& site : function.calls) {
    step(site.return_offset);
    move(site.position);
  }
  sizes.calls = end_part() - sizes.traps;
  for (const ir::InlinedCall& inlined : function.inlined) {
    if (&inlined == function.inlined.data()) write_leb_unsigned(sites, inlined.begin);
    for (u32 number : {inlined.function.raw(), inlined.size, inlined.call}) write_leb_unsigned(sites, number);
  }
  sizes.inlined = end_part() - sizes.calls - sizes.traps;
  for (const codegen::LineSite& line : function.lines) {
    step(line.offset);
    move(ir::position_in_wasm(function.inlined, line.position));
  }
  CHECK(sizes.traps < frameless);
  if (!function.has_frame) sizes.traps |= frameless;
  std::memcpy(sites.data() + start, &sizes, sizeof sizes);
}

void FunctionTable::add(u32 code_begin, u32 code_size, std::span<const u8> sites) {
  functions_.push_back({code_begin, code_size, u32(sites_.size()), u32(sites.size())});
  sites_.insert(sites_.end(), sites.begin(), sites.end());
}

std::optional<FunctionAt> FunctionTable::find(u64 pc) const {
  u64 offset = pc - code_;
  const Function* low = functions_.data();
  for (usize count = functions_.size(); count > 0;) {
    usize half = count / 2;
    if (low[half].code_begin <= offset) {
      low += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  if (low == functions_.data() || offset - low[-1].code_begin >= low[-1].code_size) return std::nullopt;
  return FunctionAt{this, u32(low - functions_.data() - 1), u32(offset - low[-1].code_begin)};
}

bool FunctionTable::has_frame(u32 function) const {
  u32 traps;
  __builtin_memcpy(&traps, sites(function).data() + offsetof(PartSizes, traps), sizeof traps);
  return !(traps & frameless);
}

std::optional<Site> FunctionTable::find_trap(u32 function, u32 offset) const {
  SiteReader reader(part(sites(function), SiteKind::Trap), SiteKind::Trap);
  while (reader.next()) {
    if (reader.offset == offset) return reader.site;
  }
  return std::nullopt;
}

std::optional<Site> FunctionTable::find_call(u32 function, u32 offset) const {
  SiteReader reader(part(sites(function), SiteKind::Call), SiteKind::Call);
  while (reader.next()) {
    if (reader.offset == offset) return reader.site;
  }
  return std::nullopt;
}

u32 FunctionTable::nearest_position(u32 function, u32 offset, u32 otherwise) const {
  u32 best_offset = 0, best = otherwise;
  for (SiteKind kind : {SiteKind::Trap, SiteKind::Call}) {
    SiteReader reader(part(sites(function), kind), kind);
    while (reader.next() && reader.offset <= offset) {
      if (reader.offset < best_offset) continue;
      best_offset = reader.offset;
      best = reader.site.position;
    }
  }
  return best;
}

std::vector<codegen::LineSite> FunctionTable::lines(u32 function) const {
  std::vector<codegen::LineSite> lines;
  SiteReader reader(part(sites(function), SiteKind::Line), SiteKind::Line);
  while (reader.next()) lines.push_back({reader.offset, reader.site.position});
  return lines;
}

std::optional<FunctionTable::Inlined> FunctionTable::find_inlined(u32 function, u32 position) const {
  InlinedReader reader(inlined_part(sites(function)));
  while (reader.next()) {
    if (position >= reader.begin && position < reader.end_of_range)
      return Inlined{reader.function, position - reader.begin, reader.call};
  }
  return std::nullopt;
}

bool FunctionTable::check_inlined(const wasm::Module& of) const {
  for (u32 function = 0; function < count(); ++function) {
    InlinedReader reader(inlined_part(sites(function)));
    while (reader.next()) {
      if (reader.function < of.imported_functions || reader.function >= of.functions.size()) return false;
      if (of.functions[FuncIndex(reader.function)].body.size != reader.end_of_range - reader.begin) return false;
    }
  }
  return true;
}

bool FunctionTable::check(u64 code_size) const {
  u64 end_before = 0;
  for (const Function& f : functions_) {
    if (f.code_begin < end_before || f.code_size > code_size || f.code_begin > code_size - f.code_size) return false;
    end_before = u64(f.code_begin) + f.code_size;
    if (f.sites_size > sites_.size() || f.sites_begin > sites_.size() - f.sites_size) return false;
    if (f.sites_size < sizeof(PartSizes)) return false;
    PartSizes sizes = sizes_of(std::span(sites_).subspan(f.sites_begin, f.sites_size));
    if (u64{sizes.traps} + sizes.calls + sizes.inlined > f.sites_size - sizeof sizes) return false;
    u32 function = u32(&f - functions_.data());
    for (SiteKind kind : {SiteKind::Trap, SiteKind::Call, SiteKind::Line}) {
      SiteReader reader(part(sites(function), kind), kind);
      while (reader.next()) {
        // A call may be the last instruction, and returns behind the function if it ever does.
        if (reader.offset > f.code_size) return false;
      }
      if (reader.is_damaged()) return false;
    }
    InlinedReader inlined(inlined_part(sites(function)));
    while (inlined.next()) {}
    if (inlined.is_damaged()) return false;
  }
  return true;
}

}  // namespace skerry::runtime
