#pragma once

#include <string>

#include "core/error.h"

namespace gatehouse::test {

/// The code of the Failure that `work` throws; "" where it throws none.
template <typename Work>
std::string failure_of(Work work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure.code();
  }
  return {};
}

}  // namespace gatehouse::test
