#include "egress/retry_after.h"

#include <boost/test/unit_test.hpp>

using namespace gatehouse;
using namespace gatehouse::egress;
using namespace std::chrono_literals;

namespace {

const Time now = from_iso8601("2026-11-20T12:00:00Z").value();

}  // namespace

BOOST_AUTO_TEST_CASE(retry_after_is_seconds_or_a_date) {
  BOOST_TEST((retry_after("120", now) == 120s));
  BOOST_TEST((retry_after("0", now) == 0s));
  for (const char* const text :
       {"99999999999", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    BOOST_TEST((retry_after(text, now) == 8760h), text);
  }
  BOOST_TEST((retry_after("Fri, 20 Nov 2026 12:01:30 GMT", now) == 90s));
  BOOST_TEST((retry_after("Fri, 20 Nov 2026 11:59:00 GMT", now) == 0s));
  for (const char* const text :
       {"", " ", "-1", "+5", "1.5", "5s", "soon", "Fri, 20 Nov 2026 12:01:30 UTC",
        "Fri, 31 Feb 2026 12:01:30 GMT", "Fri, 20 ovD 2026 12:01:30 GMT",
        "Fri, 20 Nov 2026 24:00:00 GMT", "Fri, -1 Nov 2026 12:01:30 GMT",
        "Friday, 20-Nov-26 12:01:30 GMT", "2026-11-20T12:01:30Z"}) {
    BOOST_TEST(!retry_after(text, now).has_value(), text);
  }
}
