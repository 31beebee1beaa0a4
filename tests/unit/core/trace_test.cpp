#include "core/trace.h"

#include <boost/test/unit_test.hpp>

using namespace gatehouse;  // NOLINT

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", rest = "-00f067aa0ba902b7-01";

}  // namespace

BOOST_AUTO_TEST_CASE(trace_id_of_a_valid_traceparent_is_taken) {
  for (const std::string& valid :
       {"00-" + trace + rest, "00-" + trace + "-00f067aa0ba902b7-fe",
        // a version that is not known yet: what it adds stands behind a dash
        "01-" + trace + rest, "cc-" + trace + rest + "-what-comes-later"}) {
    BOOST_TEST(trace_id_of(valid) == trace, valid);
  }
}

BOOST_AUTO_TEST_CASE(invalid_traceparent_gives_nothing) {
  const std::string zeros(32, '0');
  for (const std::string& invalid :
       {std::string(), trace, "00-" + trace, "00-" + zeros + rest, "ff-" + trace + rest,
        "00-" + trace + "-0000000000000000-01", "00-" + trace + rest + "-",
        "00-" + trace + rest + "0", "01-" + trace + rest + "0", "0-" + trace + rest + "0",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736" + rest, "00-" + trace + "-00F067AA0BA902B7-01",
        "00-" + trace + "-00f067aa0ba902b7-0g", "0G-" + trace + rest, "00_" + trace + rest,
        "00-" + trace + "_00f067aa0ba902b7-01", "00-" + trace + "-00f067aa0ba902b7_01",
        " 00-" + trace + rest}) {
    BOOST_TEST(trace_id_of(invalid) == "", invalid);
  }
}

BOOST_AUTO_TEST_CASE(made_trace_ids_are_valid_and_differ) {
  BOOST_TEST(is_trace_id(make_trace_id()));
  BOOST_TEST(make_trace_id() != make_trace_id());
  BOOST_TEST(!is_trace_id(std::string(32, '0')));
}
