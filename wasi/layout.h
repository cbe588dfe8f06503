// The structures of preview 1 as they lie in a guest's memory (its witx, "layout"): fields in
// order, naturally aligned, padding named so that what we store is fully defined.
//
// Where wasi_unstable differs, unstable/layout.h has its own.

#pragma once

#include "wasi/types.h"

namespace skerry::wasi {

using Size = u32;

struct Iovec {
  u32 buffer;
  Size size;
};
static_assert(sizeof(Iovec) == 8);

struct Fdstat {
  u8 type;
  u8 padding_1 = 0;
  u16 flags;
  u32 padding_2 = 0;
  u64 rights_base;
  u64 rights_inheriting;
};
static_assert(sizeof(Fdstat) == 24);

struct Filestat {
  u64 device;
  u64 inode;
  u8 type;
  u8 padding[7] = {};
  u64 links;
  u64 size;
  Timestamp accessed;
  Timestamp modified;
  Timestamp changed;
};
static_assert(sizeof(Filestat) == 64);

struct Dirent {
  u64 next;
  u64 inode;
  u32 name_size;
  u8 type;
  u8 padding[3] = {};
};
static_assert(sizeof(Dirent) == 24);

struct Prestat {
  u8 tag;  // 0: a directory
  u8 padding[3] = {};
  Size name_size;
};
static_assert(sizeof(Prestat) == 8);

enum class EventType : u8 { Clock, FdRead, FdWrite };

// What counts of a subscription to a clock.
struct ClockFields {
  u32 id;
  Timestamp timeout;
  u16 flags;
};

struct Subscription {
  struct Clock {
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
static_assert(sizeof(Subscription) == 48);

struct Event {
  u64 userdata;
  u16 error;
  u8 type;
  u8 padding_1[5] = {};
  u64 size;
  u16 flags;
  u8 padding_2[6] = {};
};
static_assert(sizeof(Event) == 32);

inline constexpr u16 subscription_clock_absolute = 1;
inline constexpr u16 event_hangup = 1;
inline constexpr u16 recv_data_truncated = 1;

}  // namespace skerry::wasi
