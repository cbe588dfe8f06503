// What wasi_unstable lays out or numbers differently from preview 1.

#pragma once

#include "wasi/layout.h"

namespace skerry::wasi::unstable {

// The count of links has 32 bits.
struct Filestat {
  u64 device;
  u64 inode;
  u8 type;
  u8 padding[3] = {};
  u32 links;
  u64 size;
  Timestamp accessed;
  Timestamp modified;
  Timestamp changed;
};
static_assert(sizeof(Filestat) == 56);

// Another order of the three.
enum class Whence : u8 { Current, End, Set };

// A clock has an identifier of its own in front, which means nothing.
struct Subscription {
  struct Clock {
    u64 identifier;
    u32 id;
    u32 padding_1;
    Timestamp timeout;
    Timestamp precision;
    u16 flags;
    u8 padding_2[6];
  };
  u64 userdata;
  u8 type;
  u8 padding[7];
  union {
    Clock clock;
    u32 fd;
  };
  ClockFields clock_fields() const { return {clock.id, clock.timeout, clock.flags}; }
};
static_assert(sizeof(Subscription) == 56);

}  // namespace skerry::wasi::unstable
