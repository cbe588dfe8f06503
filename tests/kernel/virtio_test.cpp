// The driver of virtio queues and the serial port over it, against a device that answers rightly, wrongly, late or
// never: what it says is held to bounds, is given up, or stops the kernel with a sentence.

#include <gtest/gtest.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <random>
#include <string>

#include "kernel/dev/port.h"
#include "kernel/mm/frames.h"

namespace skerry::kernel {
namespace {

// The kernel's way out, for as long as a test looks at it.
std::jmp_buf stopped;
std::string stopped_with, console;
int powered_off_with = -1;

// What stopped the kernel meanwhile; empty: nothing.
template <class Action>
std::string stops(Action&& action) {
  stopped_with.clear();
  powered_off_with = -1;
  if (setjmp(stopped) == 0) action();
  return stopped_with;
}

struct Descriptor { u64 address; u32 bytes; u16 flags, next; };
struct Available { u16 flags, index, ring[VirtioQueue::size], used_event; };
struct UsedRing { u16 flags, index; struct { u32 id, bytes; } ring[VirtioQueue::size]; u16 available_event; };
struct Control { u32 port; u16 event, value; };

constexpr u32 control_receive = 2, control_send = 3, receive = 4, send = 5;

class Device final : public VirtioDevice {
 public:
  struct Queue {
    Descriptor* descriptors = nullptr;
    Available* available = nullptr;
    UsedRing* used = nullptr;
    u16 taken = 0;
    std::deque<u32> given;  // descriptors that are the device's

    void collect() {
      while (available && taken != available->index) given.push_back(available->ring[taken++ % VirtioQueue::size]);
    }
    void finish(u32 id, u32 bytes) {
      used->ring[used->index % VirtioQueue::size] = {id, bytes};
      ++used->index;
    }
    // Fills the next buffer that the driver gave.
    bool fill(std::string_view bytes) {
      collect();
      if (given.empty()) return false;
      u32 id = given.front();
      given.pop_front();
      std::memcpy(reinterpret_cast<void*>(descriptors[id].address), bytes.data(), bytes.size());
      finish(id, u32(bytes.size()));
      return true;
    }
  };

  // What it does when it is told of a queue; by itself as a console with one port does.
  std::function<void(u32)> on_notify = [this](u32 queue) { answer(queue); };
  std::function<u32(u32)> on_status = [this](u32) { return status_; };
  u32 features_low = 2, features_high = 1, largest_queue = 16;
  Queue queues[6];
  std::string sent;

  void answer(u32 number) {
    Queue& queue = queues[number];
    queue.collect();
    if (number != control_send && number != send) return;
    while (!queue.given.empty()) {
      u32 id = queue.given.front();
      queue.given.pop_front();
      const Descriptor& d = queue.descriptors[id];
      if (number == send) sent.append(reinterpret_cast<const char*>(d.address), d.bytes);
      Control control;
      if (number == control_send) std::memcpy(&control, reinterpret_cast<const void*>(d.address), sizeof control);
      queue.finish(id, 0);
      if (number == control_send && control.event == 0) tell(1, 1, 1);  // ready: here is port 1
    }
  }
  void tell(u32 port, u16 event, u16 value) {
    Control control = {port, event, value};
    queues[control_receive].fill({reinterpret_cast<const char*>(&control), sizeof control});
  }

  bool set_queue(u32 number, u32 size, const QueueParts& parts) override {
    if (size > largest_queue) return false;
    queues[number].descriptors = reinterpret_cast<Descriptor*>(parts.descriptors);
    queues[number].available = reinterpret_cast<Available*>(parts.available);
    queues[number].used = reinterpret_cast<UsedRing*>(parts.used);
    return true;
  }
  void notify(u32 queue) override { on_notify(queue); }
  void enable_interrupts() override {}
  u32 line() const override { return 7; }
  u8 configuration(u32) override { return 0; }
  bool take_interrupt() override { return true; }

 protected:
  u32 features(u32 half) override { return half ? features_high : features_low; }
  void set_features(u32, u32) override {}
  u32 status() override { return on_status(status_); }
  void set_status(u32 status) override { status_ = status; }

 private:
  u32 status_ = 0;
};

bool write(Port& port, std::string_view text) {
  auto buffer = port.take_buffer();
  if (!buffer) return false;
  std::memcpy(port.buffer(*buffer), text.data(), text.size());
  port.write(*buffer, u32(text.size()));
  return true;
}

std::unique_ptr<Device> next_device;  // that the board has

class VirtioTest : public testing::Test {
 protected:
  Device& plug_in() {
    next_device = std::make_unique<Device>();
    console.clear();
    return *next_device;
  }
  VirtioTest() { info.device_count = 1; }
  BootInfo info;
};

TEST_F(VirtioTest, AGoodDeviceServes) {
  Device& device = plug_in();
  Port port;
  EXPECT_EQ(stops([&] { EXPECT_TRUE(port.start(info)); }), "");
  EXPECT_TRUE(port.started());
  std::string text = "hello";
  ASSERT_TRUE(device.queues[receive].fill(text));
  u8 buffer[3];
  EXPECT_EQ(port.read(buffer), 3u);
  EXPECT_EQ(port.read(buffer), 2u);
  EXPECT_EQ(port.read(buffer), 0u);
  ASSERT_TRUE(write(port, text));
  EXPECT_EQ(device.sent, text);
  EXPECT_TRUE(port.all_written());
  EXPECT_EQ(console, "");
}

TEST_F(VirtioTest, WithoutADeviceThereIsNoPort) {
  next_device = nullptr;
  Port port;
  EXPECT_FALSE(port.start(info));
  EXPECT_EQ(console, "");
}

// A device that does not become ready is told of, and done without.
TEST_F(VirtioTest, ADeviceThatCannotServeIsDoneWithout) {
  const std::pair<const char*, std::function<void(Device&)>> cases[] = {
      {"features", [](Device& d) { d.features_low = 0; }},
      {"version", [](Device& d) { d.features_high = 0; }},
      {"queues", [](Device& d) { d.largest_queue = 8; }},
      {"never resets", [](Device& d) { d.on_status = [](u32) { return 255u; }; }},
      {"refuses the features", [](Device& d) { d.on_status = [](u32 s) { return s & ~8u; }; }},
      {"needs a reset", [](Device& d) { d.on_status = [](u32 s) { return s & 4 ? s | 64 : s; };
                                        d.on_notify = [](u32) {}; }},
      {"never answers", [](Device& d) { d.on_notify = [](u32) {}; }},
      {"answers but has no port", [](Device& d) { d.on_notify = [&d](u32 q) {
         Device::Queue& queue = d.queues[q];
         queue.collect();
         if (q != control_send) return;
         for (u32 id : queue.given) queue.finish(id, 0);
         queue.given.clear();
       }; }},
      {"speaks of other ports for ever", [](Device& d) { d.on_notify = [&d](u32 q) {
         d.answer(q);
         if (q == control_receive) d.tell(2, 1, 1);
         if (q == control_send) d.queues[control_receive].used->index = d.queues[control_receive].used->index;
       }; d.queues[0].taken = 0; }},
  };
  for (const auto& [name, change] : cases) {
    Device& device = plug_in();
    change(device);
    Port port;
    std::string why = stops([&] {
      if (!port.start(info)) EXPECT_NE(console.find("does not serve"), console.npos) << name;
    });
    if (std::string_view(name) == "speaks of other ports for ever") continue;  // or it started: both are good
    EXPECT_EQ(why, "") << name;
    EXPECT_FALSE(port.started()) << name;
  }
}

constexpr char not_given[] = "a virtio device returns what it was not given";

TEST_F(VirtioTest, WhatItWasNotGivenIsNotTaken) {
  const std::pair<const char*, std::function<void(Device::Queue&)>> lies[] = {
      {"no such buffer", [](auto& q) { q.finish(16, 1); }},
      {"no such buffer, far away", [](auto& q) { q.finish(0xffffffff, 1); }},
      {"more than the buffer holds", [](auto& q) { q.finish(q.given.front(), 4097); }},
      {"far more", [](auto& q) { q.finish(q.given.front(), 0xffffffff); }},
      {"an index far ahead", [](auto& q) { q.used->index = u16(q.used->index + 1000); }},
      {"an index behind", [](auto& q) { q.used->index = u16(q.used->index - 1); }},
  };
  for (const auto& [name, lie] : lies) {
    Device& device = plug_in();
    Port port;
    ASSERT_EQ(stops([&] { ASSERT_TRUE(port.start(info)); }), "") << name;
    Device::Queue& queue = device.queues[receive];
    queue.collect();
    lie(queue);
    u8 buffer[4096];
    EXPECT_EQ(stops([&] {
      for (int i = 0; i < 100 && port.read(buffer); ++i) {}
    }), not_given) << name;
  }
}

TEST_F(VirtioTest, SentBuffersComeBackOnce) {
  for (u32 id : {0u, 5u, 16u, 0xffffffffu}) {
    Device& device = plug_in();
    Port port;
    ASSERT_EQ(stops([&] { ASSERT_TRUE(port.start(info)); }), "");
    device.queues[send].finish(id, 0);  // nothing was sent
    EXPECT_EQ(stops([&] { port.can_write(); }), not_given) << id;
  }
  Device& device = plug_in();
  Port port;
  ASSERT_EQ(stops([&] { ASSERT_TRUE(port.start(info)); }), "");
  ASSERT_TRUE(write(port, "x"));
  device.queues[send].finish(0, 0);  // once more
  EXPECT_EQ(stops([&] { port.can_write(); }), not_given);
}

// One that is late: writers find no buffer, and later one.
TEST_F(VirtioTest, ALateDeviceIsWaitedFor) {
  Device& device = plug_in();
  Port port;
  ASSERT_EQ(stops([&] { ASSERT_TRUE(port.start(info)); }), "");
  device.on_notify = [](u32) {};
  for (u32 i = 0; i < VirtioQueue::size; ++i) ASSERT_TRUE(write(port, "x"));
  EXPECT_FALSE(port.can_write());
  EXPECT_FALSE(write(port, "x"));
  EXPECT_FALSE(port.all_written());
  device.answer(send);
  EXPECT_TRUE(port.can_write());
  EXPECT_TRUE(port.all_written());
  EXPECT_EQ(device.sent.size(), VirtioQueue::size);
}

TEST_F(VirtioTest, TheHostsEndGoneEndsTheMachine) {
  Device& device = plug_in();
  Port port;
  ASSERT_EQ(stops([&] { ASSERT_TRUE(port.start(info)); }), "");
  device.tell(1, 6, 0);
  EXPECT_EQ(stops([&] { port.interrupted(7); }), "power off");
  EXPECT_EQ(powered_off_with, 125);
}

// Rings full of anything: bounds hold, and the only end is the sentence.
TEST_F(VirtioTest, RandomRings) {
  u32 stops_seen = 0, good_reads = 0;
  for (u32 seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    Device& device = plug_in();
    Port port;
    std::string text;  // out here, since what stops is left without destructors
    std::string why = stops([&] {
      bool spoils_start = seed % 2;
      auto spoil = [&](Device::Queue& queue) {
        if (!queue.used || random() % 4) return;
        queue.collect();
        u32 id = random() % 3 == 0 ? u32(random()) : u32(random() % 20);
        u32 bytes = random() % 3 == 0 ? u32(random()) : u32(random() % 5000);
        queue.finish(id, bytes);
        if (random() % 8 == 0) queue.used->index = u16(random());
      };
      if (spoils_start) {
        device.on_notify = [&](u32 q) {
          device.answer(q);
          spoil(device.queues[random() % 6]);
        };
      }
      if (!port.start(info)) return;
      u8 buffer[5000];
      for (u32 step = 0; step < 30; ++step) {
        spoil(device.queues[random() % 6]);
        if (device.queues[receive].fill("abc")) ++good_reads;
        EXPECT_LE(port.read({buffer, random() % sizeof buffer}), sizeof buffer);
        text.assign(random() % 1000, 'x');
        write(port, text);
        port.interrupted(7);
      }
    });
    if (why.empty() || why == "power off") continue;
    EXPECT_EQ(why, not_given) << "seed " << seed;
    ++stops_seen;
  }
  EXPECT_GT(stops_seen, 200u);
  EXPECT_GT(good_reads, 200u);
}

}  // namespace

// What the driver finds around it.
std::optional<u64> allocate_adjacent_frames(u64 count) {
  // Not given back before the end, as by the kernel.
  struct Free {
    void operator()(void* frames) const { std::free(frames); }
  };
  static std::vector<std::unique_ptr<void, Free>> all;
  all.emplace_back(std::aligned_alloc(page_size, count * page_size));
  return u64(all.back().get());
}
std::unique_ptr<VirtioDevice> find_virtio_mmio(DeviceWindow, VirtioDevice::Kind) { return std::move(next_device); }
std::vector<std::unique_ptr<VirtioDevice>> find_virtio_pci(VirtioDevice::Kind, usize) { return {}; }

namespace arch {
const u64 direct_map = 0;
void console_write(std::string_view text) { console += text; }
void power_off(u8 code) {
  powered_off_with = code;
  stopped_with = "power off";
  std::longjmp(stopped, 1);
}
void stop(std::string_view what) {
  stopped_with = what;
  std::longjmp(stopped, 1);
}
}  // namespace arch

}  // namespace skerry::kernel
