// Where tests find files that are not compiled into them.

#pragma once

#include <filesystem>
#include <string>

namespace skerry::tests {

std::filesystem::path source_folder();  // the root of the tree; also the working folder of tests that ctest starts
std::filesystem::path build_folder();   // of the preset: the skerry command is build_folder() / "skerry"

// The program through which this machine runs those of the build, if they are another machine's; else empty.
std::string emulator();

}  // namespace skerry::tests
