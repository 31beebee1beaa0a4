#pragma once

#include <string>
#include <vector>

namespace gatehouse::test {

/// While it lives, `name` resolves to what it says, for the whole program: each look-up takes the
/// next answer, the last one stays. An answer is a list of addresses.
class FakeDns {
 public:
  FakeDns(std::string name, std::vector<std::vector<std::string>> answers);
  ~FakeDns();
  FakeDns(const FakeDns&) = delete;
  FakeDns& operator=(const FakeDns&) = delete;

  int lookups() const;
  /// From now on look-ups take until release() (or the end of this).
  void hold();
  void release();

 private:
  std::string name_;
};

}  // namespace gatehouse::test
