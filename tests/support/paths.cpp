#include "tests/support/paths.h"

namespace skerry::tests {

std::filesystem::path source_folder() { return SKERRY_SOURCE_FOLDER; }
std::filesystem::path build_folder() { return SKERRY_BUILD_FOLDER; }

}  // namespace skerry::tests
