#define BOOST_TEST_MODULE gatehouse
#include <boost/test/unit_test.hpp>
