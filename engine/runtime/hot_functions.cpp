#include "engine/runtime/hot_functions.h"

#include <algorithm>
#include <unordered_set>

#include "base/leb128.h"
#include "engine/runtime/blake2b.h"

namespace skerry::runtime {
namespace {

constexpr std::string_view magic = "skerry hot 1\n";

std::span<const u8> bytes_of(const u32& number) { return {reinterpret_cast<const u8*>(&number), sizeof number}; }

Hash hash_of(std::span<const u8> bytes) {
  Blake2b hash;
  hash.add(bytes);
  return hash.finish();
}

}  // namespace

std::string hot_functions_key(const wasm::Module& module) {
  Blake2b hash;
  hash.add(magic);
  hash.add(bytes_of(module.imported_functions));
  for (FuncIndex f(module.imported_functions); f < module.functions.end_key(); f = f.next()) {
    hash.add(bytes_of(u32(module.functions[f].body.size)));
  }
  return hex(hash.finish());
}

std::vector<u8> write_hot_functions(std::span<const u32> functions) {
  std::vector<u8> bytes(magic.begin(), magic.end());
  for (u32 function : functions) write_leb_unsigned(bytes, function);
  Hash hash = hash_of(bytes);
  bytes.insert(bytes.end(), hash.begin(), hash.end());
  return bytes;
}

std::optional<std::vector<u32>> read_hot_functions(std::span<const u8> bytes, u32 count) {
  if (bytes.size() < magic.size() + sizeof(Hash)) return std::nullopt;
  std::span<const u8> content = bytes.first(bytes.size() - sizeof(Hash));
  if (!std::ranges::equal(hash_of(content), bytes.last(sizeof(Hash)))) return std::nullopt;
  if (!std::ranges::equal(content.first(magic.size()), magic)) return std::nullopt;
  std::vector<u32> functions;
  std::vector<bool> is_there(count);
  const u8* end = content.data() + content.size();
  for (const u8* at = content.data() + magic.size(); at != end;) {
    Leb<u32> number = read_leb_u32(at, end);
    if (number.error != LebError::None || number.value >= count || is_there[number.value]) return std::nullopt;
    is_there[number.value] = true;
    functions.push_back(number.value);
    at = number.next;
  }
  return functions;
}

std::optional<std::vector<u32>> hot_functions_after(std::span<const u32> known, std::span<const u32> used) {
  if (used.empty()) return std::nullopt;
  std::unordered_set<u32> was_known(known.begin(), known.end()), was_used(used.begin(), used.end());
  bool changes = std::ranges::any_of(used, [&](u32 f) { return !was_known.contains(f); });
  std::vector<u32> kept(used.begin(), used.end());
  for (u32 function : known) {
    if (was_used.contains(function)) continue;
    if (kept.size() < 2 * used.size()) kept.push_back(function);
    else changes = true;
  }
  if (!changes) return std::nullopt;
  return kept;
}

}  // namespace skerry::runtime
