#include "engine/codegen/x64/cpu.h"

#include "base/string.h"

namespace skerry::x64 {
namespace {

struct Row {
  CpuFeature feature, parent;
  std::string_view name;
  u32 level;
};

constexpr Row rows[] = {
#define FEATURE(Name, name, level, Parent, ...) {CpuFeature::Name, CpuFeature::Parent, name, level},
#include "engine/codegen/x64/cpu.def"
};

consteval bool parents_stand_above() {
  for (u32 i = 1; i < std::size(rows); ++i) {
    if (rows[i].parent >= rows[i].feature) return false;
    u32 parent_level = rows[u32(rows[i].parent)].level;
    if (rows[i].level != 0 && (parent_level == 0 || parent_level > rows[i].level)) return false;
  }
  return true;
}
static_assert(parents_stand_above());
static_assert(rows[0].feature == CpuFeature::Sse2);
static_assert(std::size(rows) <= 32);

const Row* find(std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

std::string_view name(CpuFeature feature) { return rows[u32(feature)].name; }

CpuFeatures CpuFeatures::level(u32 level) {
  CpuFeatures features;
  for (const Row& row : rows)
    if (row.level != 0 && row.level <= level) features = features.with(row.feature);
  return features;
}

CpuFeatures CpuFeatures::all() {
  CpuFeatures features;
  for (const Row& row : rows) features = features.with(row.feature);
  return features;
}

CpuFeatures CpuFeatures::with(CpuFeature feature) const {
  CpuFeatures result = *this;
  for (; !result.has(feature); feature = rows[u32(feature)].parent) result.bits_ |= 1u << u32(feature);
  return result;
}

CpuFeatures CpuFeatures::without(CpuFeature feature) const {
  CpuFeatures result = *this;
  if (feature == CpuFeature::Sse2) return result;
  result.bits_ &= ~(1u << u32(feature));
  // Children stand below their parents, so that one pass finds all descendants.
  for (const Row& row : rows)
    if (!result.has(row.parent)) result.bits_ &= ~(1u << u32(row.feature));
  return result;
}

Result<CpuFeatures> parse_cpu(std::string_view text, CpuFeatures native) {
  bool more = true;  // what is left of `text` is a part, though perhaps an empty one
  auto next = [&] {
    auto comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    more = comma != text.npos;
    if (more) text.remove_prefix(comma + 1);
    return part;
  };
  std::string_view base = next();
  CpuFeatures features;
  if (base == "native") features = native;
  else if (base == "x86-64" || base == "x86-64-v1") features = CpuFeatures::level(1);
  else if (base == "x86-64-v2") features = CpuFeatures::level(2);
  else if (base == "x86-64-v3") features = CpuFeatures::level(3);
  else return fail(ErrorCode::Argument, concat("cpu \"", base, "\" is unknown; expected native or x86-64-v1 to -v3"));

  while (more) {
    std::string_view part = next();
    char sign = part.empty() ? '\0' : part[0];
    if (sign != '+' && sign != '-')
      return fail(ErrorCode::Argument, concat("cpu feature \"", part, "\" must begin with + or -"));
    const Row* row = find(part.substr(1));
    if (!row) return fail(ErrorCode::Argument, concat("cpu feature \"", part.substr(1), "\" is unknown"));
    if (sign == '-' && row->feature == CpuFeature::Sse2)
      return fail(ErrorCode::Argument, "cpu feature \"sse2\" cannot be taken away");
    features = sign == '+' ? features.with(row->feature) : features.without(row->feature);
  }
  return features;
}

std::string print_cpu(CpuFeatures features) {
  u32 level = 3;
  while (!features.covers(CpuFeatures::level(level))) --level;
  std::string text = concat("x86-64-v", level);
  for (const Row& row : rows)
    if (features.has(row.feature) && !CpuFeatures::level(level).has(row.feature)) text += concat(",+", row.name);
  return text;
}

}  // namespace skerry::x64
