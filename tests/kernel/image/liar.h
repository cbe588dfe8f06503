// Guests whose folder's server lies, beside one that looks after itself (liar.cpp).

#pragma once

#include "kernel/channel.h"

namespace skerry::kernel {

u8 liar(Channel& channel);

}  // namespace skerry::kernel
