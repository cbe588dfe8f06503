// The implementation limits, those of the WebAssembly JavaScript API, so that modules
// behave alike everywhere. Counts unless a unit is named.

#pragma once

#include "base/types.h"

namespace skerry::limits {

inline constexpr u64 module_bytes = GiB;
inline constexpr u32 function_body_bytes = 7'654'321;
inline constexpr u32 locals = 50'000;  // with parameters
inline constexpr u32 parameters = 1'000;
inline constexpr u32 results = 1'000;
inline constexpr u32 types = 1'000'000;
inline constexpr u32 functions = 1'000'000;
inline constexpr u32 imports = 1'000'000;
inline constexpr u32 exports = 1'000'000;
inline constexpr u32 globals = 1'000'000;
inline constexpr u32 data_segments = 100'000;
inline constexpr u32 elem_segments = 10'000'000;
inline constexpr u32 tables = 100'000;
inline constexpr u32 memories = 100;
inline constexpr u32 table_elements = 10'000'000;
inline constexpr u32 memory32_pages = 65'536;
inline constexpr u32 name_bytes = 100'000;
inline constexpr u32 custom_sections = 1'000'000;  // ours: the JavaScript API has none

}  // namespace skerry::limits
