// The contract between the kernel and the processor and board that it runs on.
//
// kernel/arch/<isa> implements the first part, with equal file names in each, and calls the second
// part, which the rest of the kernel implements. Nothing outside those folders knows the ISA.
// Addresses of guests, code, heap and stacks are virtual; a `frame` is the physical address of a
// page. docs/memory-map.md draws the address space.

#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/types.h"
#include "platform/platform.h"

namespace skerry::kernel {

constexpr u64 page_size = 4096;
constexpr u32 max_harts = 64;

// Addresses, [begin, end): of physical memory, from a loader or a device tree, where nothing else is said.
struct PhysicalRange {
  u64 begin = 0;
  u64 end = 0;
  u64 size() const { return end - begin; }
};

// Registers of a device that can be virtio's, and its interrupt line.
struct DeviceWindow {
  u64 physical;
  u64 size;
  u32 line;
};

// What the boot loader said. Text and ranges are copies; the archive stays where it was loaded.
struct BootInfo {
  static constexpr u32 max_ram = 32;
  static constexpr u32 max_devices = 32;
  PhysicalRange ram[max_ram];  // free memory in whole pages, ascending: neither kernel nor archive
  u32 ram_count = 0;
  PhysicalRange archive;
  DeviceWindow devices[max_devices];
  u32 device_count = 0;
  char command_line[2048] = {};
};

}  // namespace skerry::kernel

namespace skerry::kernel::arch {

// ------------------------------------------------------------------ What the architecture gives

// --- Board

// Writes to the serial console; a newline becomes CR LF. Usable from the first instruction on, in
// any context.
void console_write(std::string_view text);
// Lets the console be read: device_interrupt will be called with the line that is answered when bytes arrive, which
// console_read then gives one by one. None where it can only be written.
std::optional<u32> start_console_input();
std::optional<u8> console_read();
// Ends the machine. Where the board can say no more, the host sees (code & 0x7f) * 2 + 1; the whole
// code crosses on the channel (kernel/channel.h).
[[noreturn]] void power_off(u8 code);

// --- Processor

// Descriptor tables, trap vectors, features. From here on a fault is reported.
void start_processor();
// Fills from the processor's own generator.
void fill_entropy(std::span<u8> bytes);
// Whether compiled code may set the memory base by instructions of its own.
bool memory_base_instructions();
u8* set_memory_base(u8* base);
// As platform::isa_string().
std::string_view isa_string();
// What runs on this hart: a pointer in the register that the ABI reserves for it. Its first word
// must be its own address, and the thread-local variables lie before it (see thread_local_size).
void set_thread_pointer(void* thread);
void* thread_pointer();
// Bytes of thread-local variables, a multiple of 64; and their initial content, put before `end`.
usize thread_local_size();
void fill_thread_local(u8* end);

// Keeps the registers that a call preserves on this stack, stores the stack pointer in *save, and
// goes on where the stack pointer `load` was stored.
void switch_stack(u64* save, u64 load);
// A stack pointer that switch_stack takes: `body(argument)` begins there; it must not return.
u64 new_stack(u8* top, void (*body)(void*), void* argument);
void enable_interrupts();
// Answers whether they were on.
bool disable_interrupts();
// Enables interrupts and sleeps until one was handled; disables them again. Called with interrupts
// off, so that none is lost between the caller's test and the sleep.
void wait_for_interrupt();

// redirect_fault with FaultKind::Interrupt for the caller's own code, as if an interrupt had come.
void check_interrupt();

// Reports the caller's registers and its chain of return addresses, and stops.
[[noreturn]] void stop_here();
// The other harts do nothing any more.
void stop_other_harts();

// --- Harts

// A hart is known by a number; the one that boots is 0. How many there are, and perhaps can be started.
u32 hart_count();
// Makes room for what a hart needs to come up. False if memory is short.
bool prepare_hart(u32 number);
// Begins to start all from 1 to `count` - 1, which are prepared: hart_main will be called on each that comes up, with
// interrupts off, on a stack of its own. Once, after clock_ready.
void start_harts(u32 count);
// An interrupt for another hart: its halt ends, and it takes the look that every interrupt ends with.
void send_interrupt(u32 number);
// What a hart does that waits with interrupts off: sees to what others ask of it. Takes a moment in any case, and while
// one asks something of others, up to when they have all answered.
void serve_requests();
// This hart knows nothing of pages and code from here on but what the tables and the memory say.
void forget_pages();

// --- Pages

using platform::Access;

// A page's entry. A shared frame belongs to an image, not to the mapping, and is never writable.
// With Access::None the page faults and keeps its frame.
struct Mapping {
  u64 frame;
  Access access;
  bool shared = false;
};

// The final map: the kernel's image by section, the direct map of what BootInfo names. After this
// every frame is at direct(frame).
void start_paging(const BootInfo& info);
// Registers of a device, readable and writable, uncached.
u8* map_device(u64 physical, u64 size);

// Maps one page, over what was there. False if no frame is left for a table.
bool map_page(u64 address, Mapping mapping);
std::optional<Mapping> find_mapping(u64 address);
// Pages are mapped below this address, a power of two. After start_paging.
u64 address_limit();
// The pages in the range that can be written and have frames of their own: as many as `into` holds, and how many they are.
// If there are more, or there are others that have frames of their own, more than `into` holds is answered.
struct OwnPage {
  u64 address, frame;
};
usize own_pages(u64 begin, u64 end, std::span<OwnPage> into);
// Takes away what is mapped in the ranges, and gives the frames that are not shared to free_frame, and
// the tables that a range covers whole, once no hart knows them any more. That is waited for once, however many there are.
void unmap_ranges(std::span<const PhysicalRange> ranges);
inline void unmap_range(u64 begin, u64 end) {
  const PhysicalRange range = {begin, end};
  unmap_ranges({&range, 1});
}
// Gives the pages that are mapped in the range another access; shared ones stay unwritable.
void protect_range(u64 begin, u64 end, Access access);
// Of these and map_page over what was there, only the caller's hart is told what changed; the others of what is
// unmapped alone (note_changed_pages in kernel/mm/address_space.h).

// Where the direct map begins.
extern const u64 direct_map;
inline u8* direct(u64 frame) { return reinterpret_cast<u8*>(direct_map + frame); }

// Makes the instruction caches of every hart agree with what was written.
void agree_on_code();

// --- Time and interrupts

// Begins to measure the processor's counter; clock_ready ends that (and takes a few milliseconds,
// unless other work has passed them).
void start_clock();
void clock_ready();
// Monotonic, from about the start of the kernel. After clock_ready.
u64 monotonic_ns();
// Nanoseconds since 1970 from the board's clock, in whole seconds. Slow.
u64 wall_clock_ns();
// timer_expired will be called once, at this instant of monotonic_ns or soon after; ~0: never.
void set_timer(u64 deadline_ns);
// device_interrupt(line) will be called when the line is raised.
void enable_line(u32 line);
// The same for a line that a device raises by writing `data` to `address`. None if the board has no
// such lines left.
struct InterruptMessage {
  u64 address;
  u32 data;
  u32 line;
};
std::optional<InterruptMessage> take_message();

// The 32 bits at a multiple of 4 of a PCI function's configuration: `function` is device * 8 + function,
// on the first bus. All ones where nothing is, or the board has no PCI.
u32 read_pci(u32 function, u32 offset);
void write_pci(u32 function, u32 offset, u32 value);

// ------------------------------------------------------------------ What it asks of the kernel
// All but kernel_main are called with interrupts off on stacks of the hart's own for traps.

// Before anything else: the thread pointer is set.
void begin_first_hart();
// The kernel's beginning, on the boot stack.
[[noreturn]] void kernel_main(const BootInfo& info);
// A hart's beginning, but for the first.
[[noreturn]] void hart_main(u32 number);
// The number of the caller's hart.
u32 hart_number();

// Whether and which harts, by bits, are to be told at once what is unmapped, or that there is new code: all others
// forget what they know before they touch anything again. Under a lock; then harts_were_told, unless there are none.
u64 harts_to_tell();
void harts_were_told(u64 told);

// A frame for a table, with zeros in it; none if memory is short.
std::optional<u64> allocate_table();
void free_frame(u64 frame);
// Adjacent frames, of unspecified content, for good; null if memory is short.
u8* allocate_for_hart(u64 size);

enum class FaultAccess : u8 { Read, Write, Execute };
// An access that the page tables refuse. Answers whether it may be tried again.
bool page_fault(u64 address, FaultAccess access);
// What page_fault did not mend, and other faults of an instruction; also called with
// FaultKind::Interrupt after an interrupt. Answers whether to go on at `resume`; if not, an
// interrupt returns to where it came from, and anything else stops the kernel.
bool redirect_fault(const platform::FaultContext& context, platform::Resume& resume);

// After an interrupt that redirect_fault left alone: whether the code at `pc` is to let others run. If so the
// interrupted thread calls preempted() on its own stack, with interrupts off, and then redirect_fault for where it was,
// before it goes on; all its registers are kept but for the memory base, which is the kernel's to keep.
bool wants_preemption(u64 pc);
void preempted();

// Around what an interrupt calls.
void begin_interrupt();
void end_interrupt();
void timer_expired();
void device_interrupt(u32 line);

// Prints `what` was wrong and ends the machine; never returns.
[[noreturn]] void stop(std::string_view what);

}  // namespace skerry::kernel::arch
