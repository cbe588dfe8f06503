#include "tests/support/paths.h"

namespace skerry::tests {

std::filesystem::path source_folder() { return SKERRY_SOURCE_FOLDER; }
std::filesystem::path build_folder() { return SKERRY_BUILD_FOLDER; }

std::string emulator() { return SKERRY_EMULATOR; }

}  // namespace skerry::tests
