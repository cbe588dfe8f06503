#include "engine/runtime/background.h"

#include <algorithm>
#include <atomic>

#include "engine/runtime/improve.h"
#include "engine/runtime/lazy.h"

namespace skerry::runtime {

Background::~Background() {
  {
    platform::MutexGuard guard(mutex_);
    CHECK(queue_.empty());
    stops_ = true;
    tell();
  }
  for (platform::Worker* worker : workers_) platform::join_worker(worker);
}

std::optional<Background::Outcome> Background::put(const Job& job, usize capacity) {
  if (threads_ != 0 && !is_refused_) {
    if (queue_.size() >= capacity) return Outcome::Dropped;
    if (workers_.size() < threads_ && at_work_.size() + queue_.size() >= workers_.size()) {
      auto worker = platform::spawn_worker(run, this, platform::WorkerKind::Idle);
      if (worker) workers_.push_back(*worker);
      else if (workers_.empty()) is_refused_ = true;
    }
  }
  if (workers_.empty()) return std::nullopt;
  queue_.push_back(job);
  tell();
  return Outcome::Queued;
}

Background::Outcome Background::add(const Job& job) {
  {
    platform::MutexGuard guard(mutex_);
    if (auto outcome = put(job, capacity_)) return *outcome;
  }
  do_here(job);
  return Outcome::Done;
}

bool Background::offer(const Job& job) {
  platform::MutexGuard guard(mutex_);
  return put(job, capacity_ / 2) == Outcome::Queued;
}

Background::Outcome Background::insist(const Job& job) {
  {
    platform::MutexGuard guard(mutex_);
    if (std::erase(queue_, job) == 0) return Outcome::Queued;
  }
  do_here(job);
  return Outcome::Done;
}

void Background::do_here(const Job& job) {
  Improver improver;
  job.code->improve(job.function, job.loop, improver);
}

void Background::forget(const LazyCode& code) {
  platform::MutexGuard guard(mutex_);
  std::erase_if(queue_, [&](const Job& job) { return job.code == &code; });
  if (std::ranges::find(at_work_, &code) == at_work_.end()) return;
  // What is waited for comes behind nobody.
  if (hurried_++ == 0) set_kind(platform::WorkerKind::Usual);
  while (std::ranges::find(at_work_, &code) != at_work_.end()) wait();
  if (--hurried_ == 0) set_kind(platform::WorkerKind::Idle);
}

void Background::set_kind(platform::WorkerKind kind) {
  for (platform::Worker* worker : workers_) platform::set_worker_kind(worker, kind);
}

void Background::run(void* self) { static_cast<Background*>(self)->work(); }

void Background::work() {
  Improver improver;
  platform::MutexGuard guard(mutex_);
  while (!stops_) {
    if (queue_.empty()) {
      wait();
      continue;
    }
    Job job = queue_.front();
    queue_.pop_front();
    at_work_.push_back(job.code);
    for (;;) {
      mutex_.unlock();
      job.code->improve(job.function, job.loop, improver);
      mutex_.lock();
      // What was allocated stays for the next job of the same module.
      if (stops_ || queue_.empty() || queue_.front().code != job.code) break;
      job = queue_.front();
      queue_.pop_front();
    }
    mutex_.unlock();
    improver.release();
    mutex_.lock();
    at_work_.erase(std::ranges::find(at_work_, job.code));
    tell();
  }
}

void Background::tell() {
  std::atomic_ref(news_).fetch_add(1, std::memory_order_relaxed);
  platform::wake_all(&news_);
}

void Background::wait() {
  u32 seen = std::atomic_ref(news_).load(std::memory_order_relaxed);
  mutex_.unlock();
  platform::wait_on(&news_, seen, ~u64{0});
  mutex_.lock();
}

}  // namespace skerry::runtime
