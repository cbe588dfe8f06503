// Where tests find files that are not compiled into them.

#pragma once

#include <filesystem>

namespace skerry::tests {

std::filesystem::path source_folder();  // the root of the tree; also the working folder of tests that ctest starts
std::filesystem::path build_folder();   // of the preset: the skerry command is build_folder() / "skerry"

}  // namespace skerry::tests
