#include "webhooks/batch.h"

#include <boost/test/unit_test.hpp>
#include <stdexcept>

using gatehouse::webhooks::Batch;

BOOST_AUTO_TEST_CASE(batch_shrinks_after_a_failure_and_grows_again) {
  Batch batch(64);
  const auto next = [&](bool fails = false) {
    int size = 0;
    const auto work = [&](int most) {
      size = most;
      if (fails) throw std::runtime_error("too much");
    };
    if (fails)
      BOOST_CHECK_THROW(batch.run(work), std::runtime_error);
    else
      batch.run(work);
    return size;
  };
  BOOST_TEST(next() == 64);
  for (const int size : {64, 16, 4, 1, 1}) BOOST_TEST(next(true) == size);
  for (const int size : {1, 2, 4, 8, 16, 32, 64, 64}) BOOST_TEST(next() == size);
}
