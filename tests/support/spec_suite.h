// The WebAssembly test suite, which is fetched rather than kept in the tree (tests/spec/fetch).

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace skerry::tests {

// The folder with wasm-v1, wasm-v2, proposals, ...; empty if it could not be fetched.
std::filesystem::path spec_suite();

// The scripts of a folder in it, in order, without those of SIMD.
std::vector<std::filesystem::path> spec_scripts(const std::string& folder);

std::string read_file(const std::filesystem::path& path);

}  // namespace skerry::tests
