#pragma once

#include <algorithm>

namespace gatehouse::webhooks {

/// How much is done at once: much less after a failure, since it may have been too much for the
/// time there is, and then more and more again.
class Batch {
 public:
  explicit Batch(int most) : most_(most), size_(most) {}

  /// Calls `work` with the number; what it throws goes to the caller.
  template <class Work>
  void run(Work work) {
    try {
      work(size_);
    } catch (...) {
      size_ = std::max(1, size_ / 4);
      throw;
    }
    size_ = std::min(most_, size_ * 2);
  }

 private:
  int most_, size_;
};

}  // namespace gatehouse::webhooks
