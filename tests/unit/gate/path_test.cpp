#include "gate/path.h"

#include <boost/test/unit_test.hpp>

using namespace gatehouse;

BOOST_AUTO_TEST_SUITE(path)

BOOST_AUTO_TEST_CASE(usual_paths_have_one_reading) {
  for (const char* path :
       {"/", "/orders", "/orders/", "/orders/7", "/a/b.c/..d/e../...", "/.well-known/x", "/100%25",
        "/%61dmin", "/a%20b/%C3%A9", "/\xc3\xa9", "/a:b,c=d@e!f$g&h'i(j)k*l+m~", "/%252e%252e/x",
        "/50%/x", "/a%23b", "/%zz"}) {
    BOOST_TEST(gate::has_one_reading(path), path);
  }
}

BOOST_AUTO_TEST_CASE(paths_that_are_read_in_two_ways_have_not) {
  for (const char* path : {"",
                           "orders",
                           "*",
                           "//",
                           "//admin",
                           "/a//admin",
                           "/a//",
                           "/.",
                           "/..",
                           "/./admin",
                           "/a/../admin",
                           "/a/..",
                           "/a/%2e%2e/admin",
                           "/a/%2E./admin",
                           "/a/.%2e",
                           "/%2e/x",
                           "/a/..;/admin",
                           "/a/;/admin",
                           "/admin;x/y",
                           "/a;b=c",
                           "/a%3bx",
                           "/a%2fb",
                           "/a%2Fb",
                           "/a\\b",
                           "/a/..\\admin",
                           "/a%5c..%5cadmin",
                           "/a#b",
                           "/a%00",
                           "/a%0ab",
                           "/a%7f",
                           "/a\x01"}) {
    BOOST_TEST(!gate::has_one_reading(path), path);
  }
}

BOOST_AUTO_TEST_SUITE_END()
