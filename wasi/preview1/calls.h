// The functions of wasi_snapshot_preview1, by topic, as C++ functions. The files of the same
// topics define them; docs/wasi.md says what each does where the standard is silent.
//
// The value in Outcome<> is what the standard's function writes through its last pointer (a
// pair: its last two). A guest's path, array or string is a GuestSpan, its address and length.

#pragma once

#include <utility>

#include "wasi/call.h"
#include "wasi/layout.h"

namespace skerry::wasi::preview1 {

using Bytes = GuestSpan<u8>;
using Buffers = GuestSpan<Iovec>;  // iovec and ciovec have one layout

// process.cpp
Outcome<> args_get(Caller& c, GuestPtr<u32> pointers, GuestPtr<u8> bytes);
Outcome<std::pair<Size, Size>> args_sizes_get(Caller& c);
Outcome<> environ_get(Caller& c, GuestPtr<u32> pointers, GuestPtr<u8> bytes);
Outcome<std::pair<Size, Size>> environ_sizes_get(Caller& c);
Outcome<> proc_exit(Caller& c, u32 status);
Outcome<> proc_raise(Caller& c, u32 signal);
Outcome<> sched_yield(Caller& c);
Outcome<> random_get(Caller& c, Bytes into);

// clock.cpp
Outcome<Timestamp> clock_res_get(Caller& c, ClockId clock);
Outcome<Timestamp> clock_time_get(Caller& c, ClockId clock, Timestamp precision);

// descriptor.cpp
Outcome<> fd_close(Caller& c, u32 fd);
Outcome<> fd_datasync(Caller& c, u32 fd);
Outcome<> fd_sync(Caller& c, u32 fd);
Outcome<Fdstat> fd_fdstat_get(Caller& c, u32 fd);
Outcome<> fd_fdstat_set_flags(Caller& c, u32 fd, FdFlags flags);
Outcome<> fd_fdstat_set_rights(Caller& c, u32 fd, Rights base, Rights inheriting);
Outcome<Filestat> fd_filestat_get(Caller& c, u32 fd);
Outcome<> fd_filestat_set_times(Caller& c, u32 fd, Timestamp accessed, Timestamp modified, TimeFlags which);
Outcome<Prestat> fd_prestat_get(Caller& c, u32 fd);
Outcome<> fd_prestat_dir_name(Caller& c, u32 fd, Bytes into);
Outcome<> fd_renumber(Caller& c, u32 from, u32 to);

// file.cpp
Outcome<> fd_advise(Caller& c, u32 fd, u64 offset, u64 size, Advice advice);
Outcome<> fd_allocate(Caller& c, u32 fd, u64 offset, u64 size);
Outcome<> fd_filestat_set_size(Caller& c, u32 fd, u64 size);
Outcome<Size> fd_pread(Caller& c, u32 fd, Buffers into, u64 offset);
Outcome<Size> fd_pwrite(Caller& c, u32 fd, Buffers from, u64 offset);
Outcome<Size> fd_read(Caller& c, u32 fd, Buffers into);
Outcome<Size> fd_write(Caller& c, u32 fd, Buffers from);
Outcome<u64> fd_seek(Caller& c, u32 fd, i64 offset, Whence whence);
Outcome<u64> fd_tell(Caller& c, u32 fd);

// directory.cpp
Outcome<Size> fd_readdir(Caller& c, u32 fd, Bytes into, u64 cookie);

// path.cpp
Outcome<> path_create_directory(Caller& c, u32 fd, Bytes path);
Outcome<Filestat> path_filestat_get(Caller& c, u32 fd, LookupFlags lookup, Bytes path);
Outcome<> path_filestat_set_times(Caller& c, u32 fd, LookupFlags lookup, Bytes path, Timestamp accessed,
                                  Timestamp modified, TimeFlags which);
Outcome<> path_link(Caller& c, u32 fd, LookupFlags lookup, Bytes path, u32 new_fd, Bytes new_path);
Outcome<u32> path_open(Caller& c, u32 fd, LookupFlags lookup, Bytes path, OpenFlags how, Rights base,
                       Rights inheriting, FdFlags flags);
Outcome<Size> path_readlink(Caller& c, u32 fd, Bytes path, Bytes into);
Outcome<> path_remove_directory(Caller& c, u32 fd, Bytes path);
Outcome<> path_rename(Caller& c, u32 fd, Bytes path, u32 new_fd, Bytes new_path);
Outcome<> path_symlink(Caller& c, Bytes target, u32 fd, Bytes path);
Outcome<> path_unlink_file(Caller& c, u32 fd, Bytes path);

// poll.cpp
Outcome<Size> poll_oneoff(Caller& c, GuestPtr<Subscription> in, GuestPtr<Event> out, Size count);

// socket.cpp
Outcome<u32> sock_accept(Caller& c, u32 fd, FdFlags flags);
Outcome<std::pair<Size, u16>> sock_recv(Caller& c, u32 fd, Buffers into, ReceiveFlags flags);
Outcome<Size> sock_send(Caller& c, u32 fd, Buffers from, u32 flags);
Outcome<> sock_shutdown(Caller& c, u32 fd, u32 how);

}  // namespace skerry::wasi::preview1
