// What one of libFuzzer's targets is: bytes -> the part of the system that meets such bytes from outside.
//
// All targets are in one program, whose first argument names one (fuzzers_main.cpp); a target is a file *_fuzzer.cpp
// and a row of the table there. The engine of the preset `debug` is built with what libFuzzer learns from: what code an
// input covers, and what it compares (-fsanitize=fuzzer-no-link). So are the parts of the kernel that meet hostile
// bytes.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tests/fuzz/bodies.h"

namespace skerry::fuzz {

struct Target {
  std::string_view name;
  u32 most_bytes;  // of an input
  // Ends the process with a CHECK where something is as it must not be; whatever the bytes are.
  void (*run)(std::span<const u8> bytes);
  // Inputs to begin with, the same each time.
  std::vector<Bytes> (*seeds)();
  // Changes an input of `size` bytes that has room for `room`, and tells its new size. None: as libFuzzer likes.
  usize (*mutate)(u8* bytes, usize size, usize room, u32 seed) = nullptr;
};

extern const Target archive_target, artifact_target, compile_target, coverage_target, decode_target,
    device_tree_target, ninep_target, text_target, wasi_target;

}  // namespace skerry::fuzz
