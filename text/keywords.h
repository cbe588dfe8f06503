// The keywords of the text format: the mnemonics of opcodes.def, and all others.

#pragma once

#include <optional>
#include <string_view>

#include "engine/wasm/opcodes.h"

namespace skerry::text {

// The instruction of a mnemonic. Of two with one mnemonic it is the first in the table.
std::optional<Opcode> find_opcode(std::string_view mnemonic);

// Whether any text of the format may hold the keyword.
bool is_keyword(std::string_view word);

}  // namespace skerry::text
