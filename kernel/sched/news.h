// News: the word that changes whenever anything may have become ready that threads wait for several of at once:
// messages from the host, room to send, pipes. Who waits for one thing alone waits for that thing's own word.

#pragma once

#include "base/types.h"

namespace skerry::kernel {

// Read it, look whether what is wanted is there, then wait_for_word(news(), what was read, ...).
const u32* news();
// From threads and interrupt handlers.
void make_news();

}  // namespace skerry::kernel
