// The subcommands, a file each. Each takes the words behind its name and gives the status to exit with.

#pragma once

#include <span>
#include <string_view>

namespace skerry::tools {

using Words = std::span<const std::string_view>;

int run_command(Words words);
int compile_command(Words words);
int validate_command(Words words);
int inspect_command(Words words);
int wat_command(Words words);
int wast_command(Words words);
int objdump_command(Words words);
int explore_command(Words words);

}  // namespace skerry::tools
