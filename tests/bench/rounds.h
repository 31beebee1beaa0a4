#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

namespace gatehouse::bench {

/// What two ways of doing the same cost: rounds of each in turn, so that what else the machine does
/// hits both alike. Each function does one round and returns microseconds of one request. Prints
/// `{"without": median, "with": median, "ratio": median of the rounds' ratios, "ratios": all}`.
inline void compare(int rounds, const std::function<double()>& without,
                    const std::function<double()>& with) {
  std::vector<double> bare, whole, ratios;
  without();
  with();
  for (int i = 0; i < rounds; ++i) {
    // Whoever comes first in a pair comes second in the next.
    const bool bare_first = i % 2 == 0;
    if (bare_first) bare.push_back(without());
    whole.push_back(with());
    if (!bare_first) bare.push_back(without());
    ratios.push_back(whole.back() / bare.back());
  }
  const auto median = [](std::vector<double>& of) {
    std::sort(of.begin(), of.end());
    return of[of.size() / 2];
  };
  const double ratio = median(ratios);
  std::printf("{\"without\":%.3f,\"with\":%.3f,\"ratio\":%.4f,\"least\":%.4f,\"most\":%.4f}\n",
              median(bare), median(whole), ratio, ratios.front(), ratios.back());
}

}  // namespace gatehouse::bench
