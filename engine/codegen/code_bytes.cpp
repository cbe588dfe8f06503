#include "engine/codegen/code_bytes.h"

#include <algorithm>

namespace skerry::codegen {

Label CodeBytes::new_labels(u32 count) {
  Label first = labels_.end_key();
  labels_.resize(labels_.size() + count, unbound);
  return first;
}

void CodeBytes::grow(usize more) {
  usize size = offset(), capacity = usize(end_ - bytes_.get());
  usize larger = std::max({usize{4096}, 2 * capacity, size + more});
  CHECK(larger <= max_size);
  auto bytes = std::make_unique_for_overwrite<u8[]>(larger);
  if (size != 0) memcpy(bytes.get(), bytes_.get(), size);
  bytes_ = std::move(bytes);
  cursor_ = bytes_.get() + size;
  end_ = bytes_.get() + larger;
}

void CodeBytes::append(std::span<const u8> bytes) {
  if (bytes.empty()) return;
  if (usize(end_ - cursor_) < bytes.size()) grow(bytes.size());
  memcpy(cursor_, bytes.data(), bytes.size());
  cursor_ += bytes.size();
}

Label CodeBytes::constant(const Constant& constant) {
  u32 index = pool_.add(constant);
  if (index == constant_labels_.size()) constant_labels_.push_back(new_label());
  return constant_labels_[index];
}

// The largest constants come first: each then lies aligned behind those before it.
void CodeBytes::emit_constants(u8 filler) {
  auto constants = pool_.constants();
  for (u32 size : {16u, 8u, 4u}) {
    for (u32 i = 0; i < constants.size(); ++i) {
      if (constants[i].size != size) continue;
      while (offset() % size != 0) append({&filler, 1});
      bind_here(constant_labels_[i]);
      u64 words[2] = {constants[i].low, constants[i].high};
      append({reinterpret_cast<const u8*>(words), size});
    }
  }
}

void CodeBytes::clear() {
  cursor_ = bytes_.get();
  labels_.clear();
  pool_.clear();
  constant_labels_.clear();
}

}  // namespace skerry::codegen
