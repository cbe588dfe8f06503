#include "engine/runtime/features.h"

#include "base/string.h"

namespace skerry::runtime {

Result<Features> parse_features(std::string_view text) {
  Features features = Features::implemented();
  bool is_first = true;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    bool was_first = std::exchange(is_first, false);
    if (was_first && (word == "wasm1" || word == "wasm2" || word == "wasm3")) {
      Features edition = Features::edition(u8(word.back() - '0'));
      for (const FeatureInfo& row : feature_table) {
        if (!edition.has(row.feature)) features.remove(row.feature);
      }
      continue;
    }
    bool add = !word.starts_with('-');
    std::string_view name = add ? word : word.substr(1);
    std::optional<Feature> feature = find_feature(name);
    if (!feature) return fail(ErrorCode::Argument, concat("no feature of WebAssembly is named \"", name, "\""));
    if (add && !Features::implemented().has(*feature)) {
      return fail(ErrorCode::Unsupported, concat("the feature ", name, " is not implemented"));
    }
    if (add) features.add(*feature);
    else features.remove(*feature);
  }
  return features;
}

}  // namespace skerry::runtime
