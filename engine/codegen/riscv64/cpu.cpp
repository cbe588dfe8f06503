#include "engine/codegen/riscv64/cpu.h"

#include "base/string.h"

namespace skerry::riscv64 {
namespace {

struct Row {
  CpuFeature feature;
  std::string_view name;
};

constexpr Row rows[] = {
#define FEATURE(Name, name) {CpuFeature::Name, name},
#include "engine/codegen/riscv64/cpu.def"
};
static_assert(std::size(rows) <= 32);

const Row* find(std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

constexpr std::string_view baseline = "rv64gc";

}  // namespace

std::string_view name(CpuFeature feature) { return rows[u32(feature)].name; }

CpuFeatures CpuFeatures::all() {
  CpuFeatures features;
  for (const Row& row : rows) features = features.with(row.feature);
  return features;
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
  else if (base != baseline)
    return fail(ErrorCode::Argument, concat("cpu \"", base, "\" is unknown; expected native or ", baseline));

  while (more) {
    std::string_view part = next();
    char sign = part.empty() ? '\0' : part[0];
    if (sign == '+' || sign == '-') part.remove_prefix(1);
    const Row* row = find(part);
    if (!row) return fail(ErrorCode::Argument, concat("cpu feature \"", part, "\" is unknown"));
    features = sign == '-' ? features.without(row->feature) : features.with(row->feature);
  }
  return features;
}

std::string print_cpu(CpuFeatures features) {
  std::string text(baseline);
  for (const Row& row : rows)
    if (features.has(row.feature)) text += concat(",", row.name);
  return text;
}

CpuFeatures features_of_isa(std::string_view isa) {
  CpuFeatures features;
  // The extensions of more than a letter follow the others, each behind an underscore.
  for (auto underscore = isa.find('_'); underscore != isa.npos; underscore = isa.find('_')) {
    isa.remove_prefix(underscore + 1);
    std::string_view part = isa.substr(0, isa.find_first_of("_ \n"));
    // A version is digits, p, digits; no name here ends in a digit.
    while (!part.empty() && part.back() >= '0' && part.back() <= '9') {
      auto minor = part.find_last_not_of("0123456789");
      part = part.substr(0, minor + 1);
      if (part.size() >= 2 && part.back() == 'p' && part[part.size() - 2] >= '0' && part[part.size() - 2] <= '9')
        part.remove_suffix(1);
    }
    if (const Row* row = find(part)) features = features.with(row->feature);
  }
  return features;
}

}  // namespace skerry::riscv64
