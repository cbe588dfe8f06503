// Which features of WebAssembly are on: a set, made from editions and names.

#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"

namespace skerry {

enum class Feature : u8 {
#define WASM_FEATURE(name, flag, edition, implemented) name,
#include "engine/wasm/features.def"
#undef WASM_FEATURE
  Mvp,  // of the first edition: always on
};

struct FeatureInfo {
  Feature feature;
  std::string_view flag;
  u8 edition;
  bool implemented;
};

inline constexpr FeatureInfo feature_table[] = {
#define WASM_FEATURE(name, flag, edition, implemented) {Feature::name, flag, edition, implemented},
#include "engine/wasm/features.def"
#undef WASM_FEATURE
};

class Features {
 public:
  constexpr Features() = default;
  // All features of an edition (1, 2 or 3) and of those before it, implemented or not.
  static constexpr Features edition(u8 edition) {
    Features all;
    for (const FeatureInfo& row : feature_table) if (row.edition <= edition) all.add(row.feature);
    return all;
  }
  // What the engine implements; the default everywhere.
  static constexpr Features implemented() {
    Features all;
    for (const FeatureInfo& row : feature_table) if (row.implemented) all.add(row.feature);
    return all;
  }

  constexpr bool has(Feature feature) const { return feature == Feature::Mvp || (bits_ >> u8(feature) & 1); }
  constexpr void add(Feature feature) { bits_ |= u64{1} << u8(feature); }
  constexpr void remove(Feature feature) { bits_ &= ~(u64{1} << u8(feature)); }
  constexpr Features operator&(Features other) const {
    Features both;
    both.bits_ = bits_ & other.bits_;
    return both;
  }
  constexpr u64 bits() const { return bits_; }
  constexpr bool operator==(const Features&) const = default;

 private:
  u64 bits_ = 0;
};

constexpr std::optional<Feature> find_feature(std::string_view flag) {
  for (const FeatureInfo& row : feature_table) if (row.flag == flag) return row.feature;
  return std::nullopt;
}
constexpr std::string_view feature_name(Feature feature) {
  return feature == Feature::Mvp ? "mvp" : feature_table[u8(feature)].flag;
}

}  // namespace skerry
