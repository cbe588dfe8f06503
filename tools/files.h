// Files as the command reads and writes them. The path "-" is standard input or output.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace skerry::tools {

// The whole of a file; at most 1 GiB and a byte of it, more than any module may have.
Result<std::vector<u8>> read_file(const std::string& path);

// A file that is not there yet, or is a regular one, gets the content all at once, by a temporary file
// beside it that is renamed; anything else (a device, a pipe) is written to as it is. Where it fails
// a regular file keeps its old content.
Result<void> write_file(const std::string& path, std::span<const u8> content);

// Writes out what is buffered for standard output: false, and told, if that failed at any time.
bool flush_standard_output();

}  // namespace skerry::tools
