#include "tools/report.h"

#include <algorithm>
#include <cstdio>

#include "base/leb128.h"
#include "base/string.h"
#include "engine/decode/decode.h"

namespace skerry::tools {
namespace {

constexpr std::string_view section_names[] = {
    "custom", "type", "import", "function", "table", "memory", "global",
    "export", "start", "element", "code", "data", "data count", "tag",
};

// The section that has the byte in its content or in its header.
std::string section_at(std::span<const u8> wasm, u64 offset) {
  constexpr usize header_size = 8;
  if (offset < header_size || wasm.size() < header_size) return ", header";
  const u8* end = wasm.data() + wasm.size();
  for (const u8* at = wasm.data() + header_size; at < end;) {
    u8 id = *at;
    Leb<u32> size = read_leb_unsigned<u32, 32>(at + 1, end);
    bool is_last = !size.next || size.value >= u64(end - size.next);
    if (is_last || offset < u64(size.next - wasm.data()) + size.value) {
      return id < std::size(section_names) ? concat(", section ", section_names[id]) : concat(", section ", id);
    }
    at = size.next + size.value;
  }
  return "";
}

std::string function_at(std::span<const u8> wasm, u64 offset, Features features) {
  Result<wasm::Module> module = wasm::decode(wasm, features);
  if (!module) return "";
  // Bodies are in the order of their offsets, behind the imports.
  u32 low = module->imported_functions, high = u32(module->functions.size());
  while (low < high) {
    u32 middle = low + (high - low) / 2;
    wasm::ByteRange body = module->functions[FuncIndex(middle)].body;
    if (u64{body.offset} + body.size <= offset) low = middle + 1;
    else high = middle;
  }
  if (low == module->functions.size() || module->functions[FuncIndex(low)].body.offset > offset) return "";
  std::string_view name;
  if (low < module->function_names.size()) name = module->function_names[FuncIndex(low)];
  return name.empty() ? concat(", function ", low) : concat(", function ", low, " \"", name, "\"");
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (usize i = 0; i < text.size(); ++i) {
    u8 byte = u8(text[i]), next = i + 1 < text.size() ? u8(text[i + 1]) : 0;
    bool is_c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;  // U+0080 to U+009F in UTF-8
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f || is_c1) out += concat("\\", hex(byte, 2));
    else out += text[i];
  }
  return out;
}

void report(std::string_view message) { std::fprintf(stderr, "skerry: %s\n", printable(message).c_str()); }

void report(std::string_view file, const Error& error) { report(concat(file, ": ", error.message)); }

void report(std::string_view file, const Error& error, std::span<const u8> wasm, Features features) {
  report(file, error);
  if (error.offset == Error::no_offset) return;
  std::fprintf(stderr, "  at %s\n", place(wasm, error.offset, features).c_str());
}

std::string place(std::span<const u8> wasm, u64 offset, Features features) {
  return concat("offset 0x", hex(offset), section_at(wasm, offset), function_at(wasm, offset, features));
}

}  // namespace skerry::tools
