#include "engine/runtime/background.h"

#include <algorithm>
#include <atomic>

#include "engine/runtime/improve.h"
#include "engine/runtime/lazy.h"

namespace skerry::runtime {
namespace {

// Functions that are compiled ahead, some milliseconds' worth, for which one more thread pays; and how many threads
// there are at most, since they take turns at writing what they made.
constexpr u32 turns_per_worker = 64;
constexpr u32 most_for_ahead = 4;

}  // namespace

Background::~Background() {
  {
    platform::MutexGuard guard(mutex_);
    CHECK(queue_.empty() && ahead_.empty());
    stops_ = true;
    tell();
  }
  for (platform::Worker* worker : workers_) platform::join_worker(worker);
}

u32 Background::most_workers() const {
  u32 all = all_ != 0 ? all_ : platform::processor_count();
  return std::max(threads_, std::min(all - 1, most_for_ahead));
}

void Background::spawn_worker() {
  auto worker = platform::spawn_worker(run, this, platform::WorkerKind::Idle);
  if (worker) workers_.push_back(*worker);
  else if (workers_.empty()) is_refused_ = true;
}

bool Background::has_worker() {
  if (threads_ == 0 || is_refused_) return !workers_.empty();
  usize busy = at_work_.size() + queue_.size() + ahead_.size();
  if (workers_.size() < threads_ && busy >= workers_.size()) spawn_worker();
  return !workers_.empty();
}

std::optional<Background::Outcome> Background::put(const Job& job, usize capacity) {
  if (threads_ != 0 && !is_refused_ && queue_.size() >= capacity) return Outcome::Dropped;
  if (!has_worker()) return std::nullopt;
  queue_.push_back(job);
  tell();
  return Outcome::Queued;
}

bool Background::work_ahead(LazyCode& code) {
  platform::MutexGuard guard(mutex_);
  if (!has_worker()) return false;
  u32 request = ++last_request_;
  auto there = std::ranges::find(ahead_, &code, &AheadWork::code);
  if (there != ahead_.end()) there->request = request;
  else ahead_.push_back({&code, request});
  tell();
  return true;
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
  std::erase_if(ahead_, [&](const AheadWork& work) { return work.code == &code; });
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

std::optional<Background::Job> Background::next(const LazyCode* code) {
  auto is_wanted = [&](const LazyCode* candidate) { return !code || candidate == code; };
  if (!ahead_.empty()) {
    if (!is_wanted(ahead_.front().code)) return std::nullopt;
    return Job{ahead_.front().code, 0, 0, ahead_.front().request};
  }
  if (queue_.empty() || jobs_at_work_ >= threads_ || !is_wanted(queue_.front().code)) return std::nullopt;
  Job job = queue_.front();
  queue_.pop_front();
  ++jobs_at_work_;
  return job;
}

void Background::do_job(const Job& job, Improver& improver) {
  if (job.ahead == 0) {
    job.code->improve(job.function, job.loop, improver);
    platform::MutexGuard guard(mutex_);
    --jobs_at_work_;
    return;
  }
  bool is_more = job.code->work_ahead(improver);
  platform::give_way();
  platform::MutexGuard guard(mutex_);
  if (is_more && ++turns_ >= turns_per_worker) {
    turns_ = 0;
    if (!stops_ && workers_.size() < most_workers()) spawn_worker();
  }
  auto there = std::ranges::find(ahead_, job.code, &AheadWork::code);
  if (there == ahead_.end()) return;
  AheadWork work = *there;
  // Who asked once more meanwhile had found something to do. Modules take turns.
  if (is_more && ahead_.size() == 1) return;
  if (!is_more && work.request != job.ahead) return;
  ahead_.erase(there);
  if (is_more) ahead_.push_back(work);
}

void Background::work() {
  Improver improver;
  platform::MutexGuard guard(mutex_);
  while (!stops_) {
    std::optional<Job> job = next(nullptr);
    if (!job) {
      wait();
      continue;
    }
    LazyCode* code = job->code;
    at_work_.push_back(code);
    // What was allocated stays for the next job of the same module.
    while (job) {
      mutex_.unlock();
      do_job(*job, improver);
      mutex_.lock();
      job = stops_ ? std::nullopt : next(code);
    }
    mutex_.unlock();
    improver.release();
    mutex_.lock();
    at_work_.erase(std::ranges::find(at_work_, code));
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
