// What the parts of the kernel's test share (parts.cpp), and those of them that have files of their own. Each answers the code
// that the machine ends with.

#pragma once

#include <span>
#include <string_view>

#include "base/check.h"
#include "base/result.h"
#include "kernel/channel.h"

namespace skerry::kernel {

inline std::span<const u8> bytes(std::string_view text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}
inline void say(Channel& channel, std::string_view text) { channel.send(ToHost::Output, bytes(text)); }

template <class T>
T& check(Result<T>& result) {
  CHECK(bool(result));
  return *result;
}

// Of mm/ (memory_parts.cpp).
u8 heap(Channel& channel);
u8 memory(Channel& channel);
u8 frames(Channel& channel);

// Guests whose folder's server lies, beside one that looks after itself (liar.cpp).
u8 liar(Channel& channel);

}  // namespace skerry::kernel
