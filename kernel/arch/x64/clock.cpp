// Time and interrupts: the processor's counter (TSC), the local and the I/O interrupt controller
// (APIC), the interval timer (PIT) as the measure for both, and the clock with a battery.
//
// The PIT counts down once from 65535 at 1.193182 MHz, 55 ms, from start_clock on; clock_ready
// compares what it and the two others counted since. At least `measure` ticks pass between, which
// bounds the error to some 0.1 %; boot itself takes about as long, so that hardly anything waits.

#include "base/check.h"
#include "kernel/arch/arch.h"
#include "kernel/arch/x64/cpu.h"

namespace skerry::kernel::x64 {

constexpr u64 local_apic = 0xfee00000, io_apic = 0xfec00000;
enum LocalRegister : u32 {
  Id = 0x20, EndOfInterrupt = 0xb0, Spurious = 0xf0, CommandLow = 0x300, CommandHigh = 0x310,
  TimerVector = 0x320, TimerInitial = 0x380, TimerCurrent = 0x390, TimerDivide = 0x3e0,
};
constexpr u32 apic_enable = 1 << 8, timer_masked = 1 << 16, divide_by_1 = 0xb;
constexpr u32 line_level_triggered = 1 << 15;

constexpr u16 pit_counter0 = 0x40, pit_command = 0x43;
constexpr u8 pit_count_once = 0x30, pit_latch_count_and_status = 0xc2;
constexpr u8 pit_expired = 0x80;
constexpr u64 pit_hz = 1193182;
constexpr u32 measure = 5000;  // ticks, 4.2 ms

constexpr u16 pic_mask[] = {0x21, 0xa1};
constexpr u16 cmos_index = 0x70, cmos_data = 0x71;

struct Sample {
  u64 tsc;
  u32 pit, apic;  // both count down
  bool expired;
};

static u8* local_registers;
static u8* io_registers;
static Sample first_sample;
// Nanoseconds per count, as fractions of 2^32.
static u64 tsc_scale, apic_scale;
static u64 tsc_origin;

static volatile u32& local(LocalRegister reg) { return *reinterpret_cast<volatile u32*>(local_registers + reg); }
static u32 read_local(LocalRegister reg) { return local(reg); }
static void write_local(LocalRegister reg, u32 value) { local(reg) = value; }
static void write_io(u32 reg, u32 value) {
  *reinterpret_cast<volatile u32*>(io_registers) = reg;
  *reinterpret_cast<volatile u32*>(io_registers + 16) = value;
}

// All three at about one instant. An emulator may lose its processor in between, for longer than
// all of this takes: the quickest of a few attempts counts.
static Sample sample() {
  constexpr u32 attempts = 5;
  Sample best = {};
  u64 shortest = ~u64{0};
  for (u32 i = 0; i < attempts; ++i) {
    Sample s;
    u64 before = read_tsc();
    out8(pit_command, pit_latch_count_and_status);
    s.apic = read_local(TimerCurrent);
    u64 took = read_tsc() - before;
    s.tsc = before + took / 2;
    s.expired = in8(pit_counter0) & pit_expired;
    s.pit = in8(pit_counter0);
    s.pit |= u32(in8(pit_counter0)) << 8;
    if (took >= shortest) continue;
    shortest = took;
    best = s;
  }
  return best;
}

static void begin_measure() {
  write_local(TimerInitial, ~u32{0});
  out8(pit_command, pit_count_once);
  out8(pit_counter0, 0xff);
  out8(pit_counter0, 0xff);
  first_sample = sample();
}

static u64 scaled(u64 count, u64 scale) { return u64((unsigned __int128)count * scale >> 32); }

void end_of_interrupt() { write_local(EndOfInterrupt, 0); }

// As the controllers know the harts.
static u32 ids[max_harts];

void start_local_clock(u32 hart) {
  ids[hart] = read_local(Id) >> 24;
  write_local(Spurious, apic_enable | vector_spurious);
  write_local(TimerDivide, divide_by_1);
  write_local(TimerVector, vector_timer);
}

// With interrupts off, since a command is two registers.
static void send(u32 id, u32 command) {
  constexpr u32 sending = 1 << 12;
  while (read_local(CommandLow) & sending) pause();
  write_local(CommandHigh, id << 24);
  write_local(CommandLow, command);
}
void send_vector(u32 hart, u8 vector) { send(ids[hart], command_fixed | vector); }
void send_to_others(u32 command) {
  constexpr u32 all_others = 3 << 18;
  if (!local_registers) return;  // so early there are no others
  send(0, command | all_others);
}

static u8 read_cmos(u8 reg) {
  out8(cmos_index, reg);
  return in8(cmos_data);
}

}  // namespace skerry::kernel::x64

namespace skerry::kernel::arch {

using namespace x64;

void start_clock() {
  for (u16 port : pic_mask) out8(port, 0xff);
  local_registers = map_device(local_apic, page_size);
  io_registers = map_device(io_apic, page_size);
  write_local(Spurious, apic_enable | vector_spurious);
  write_local(TimerDivide, divide_by_1);
  write_local(TimerVector, timer_masked | vector_timer);
  ids[0] = read_local(Id) >> 24;
  begin_measure();
  tsc_origin = first_sample.tsc;
}

void clock_ready() {
  constexpr u32 attempts = 1000;  // on a host that is busy, most may come too late
  Sample last = sample();
  for (u32 i = 0; last.expired || first_sample.pit - last.pit < measure; ++i) {
    if (i == attempts) stop("the interval timer does not count");
    if (last.expired) begin_measure();
    do last = sample();
    while (!last.expired && first_sample.pit - last.pit < measure);
  }
  u64 ticks = first_sample.pit - last.pit, tsc = last.tsc - first_sample.tsc, apic = first_sample.apic - last.apic;
  if (tsc == 0 || apic == 0) stop("the processor's counter or its timer does not count");
  u64 ns = ticks * 1'000'000'000 / pit_hz;
  tsc_scale = (ns << 32) / tsc;
  apic_scale = (ns << 32) / apic;

  write_local(TimerInitial, 0);
  write_local(TimerVector, vector_timer);
}

u64 monotonic_ns() { return scaled(read_tsc() - tsc_origin, tsc_scale); }

void set_timer(u64 deadline_ns) {
  if (deadline_ns == ~u64{0}) return write_local(TimerInitial, 0);
  constexpr u64 longest = 1'000'000'000;  // well within 32 bits of counts; timer_expired sets it again
  u64 now = monotonic_ns(), ns = deadline_ns > now ? deadline_ns - now : 0;
  if (ns > longest) ns = longest;
  u64 counts = (ns << 32) / apic_scale;
  write_local(TimerInitial, counts ? u32(counts) : 1);
}

void enable_line(u32 line) {
  CHECK(line < device_lines);
  write_io(0x10 + 2 * line + 1, ids[0] << 24);  // to the first hart
  write_io(0x10 + 2 * line, line_level_triggered | (vector_device + line));
}

std::optional<InterruptMessage> take_message() {
  // Lines of the I/O controller that are left masked, from the last one down.
  constexpr u32 first_line = 16;
  static u32 next_line = device_lines;
  if (next_line == first_line) return std::nullopt;
  --next_line;
  return InterruptMessage{local_apic, vector_device + next_line, next_line};
}

u64 wall_clock_ns() {
  // Two equal readings outside an update (bit 7 of register A): seconds, minutes, hours, day, month, year.
  constexpr u8 registers[] = {0, 2, 4, 7, 8, 9};
  u32 value[6], again[6];
  do {
    for (u32* into : {value, again}) {
      while (read_cmos(10) & 0x80) {}
      for (unsigned i = 0; i < 6; ++i) into[i] = read_cmos(registers[i]);
    }
  } while (__builtin_memcmp(value, again, sizeof value) != 0);
  if (!(read_cmos(11) & 4)) {  // binary-coded decimals
    for (u32& v : value) v = (v >> 4) * 10 + (v & 15);
  }
  // Days since 1970, of the calendar that begins on March 1.
  u32 year = 2000 + value[5], month = value[4];
  if (month <= 2) { --year; month += 12; }
  u64 days = 365 * u64(year) + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + value[3] - 719469;
  return (((days * 24 + value[2]) * 60 + value[1]) * 60 + value[0]) * 1'000'000'000;
}

}  // namespace skerry::kernel::arch
