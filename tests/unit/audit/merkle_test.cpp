#include "audit/merkle.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/encoding.h"

namespace gatehouse::audit {
namespace {

/// Leaves and roots that the reference implementation of RFC 6962 tests itself with.
const std::vector<std::string> leaves{"",
                                      "00",
                                      "10",
                                      "2021",
                                      "3031",
                                      "40414243",
                                      "5051525354555657",
                                      "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> roots{
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

BOOST_AUTO_TEST_CASE(roots_are_those_of_rfc_6962) {
  std::vector<crypto::Digest> hashes;
  for (std::size_t index = 0; index < leaves.size(); ++index) {
    const auto leaf = from_hex(leaves[index]);
    BOOST_REQUIRE(leaf.has_value());
    hashes.push_back(leaf_hash(as_text(*leaf)));
    BOOST_TEST(to_hex(merkle_root(hashes)) == roots[index]);
  }
}

BOOST_AUTO_TEST_CASE(root_of_nothing_is_the_hash_of_nothing) {
  BOOST_TEST(to_hex(merkle_root({})) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(order_and_number_of_leaves_count) {
  const auto a = leaf_hash("a"), b = leaf_hash("b");
  const std::vector<crypto::Digest> ab{a, b}, ba{b, a}, abb{a, b, b};
  BOOST_TEST((merkle_root(ab) != merkle_root(ba)));
  BOOST_TEST((merkle_root(ab) != merkle_root(abb)));
}

BOOST_AUTO_TEST_CASE(two_leaves_are_no_leaf_of_their_hashes) {
  const std::vector<crypto::Digest> both{leaf_hash("a"), leaf_hash("b")};
  const std::string joined = std::string(as_text(both[0])) + std::string(as_text(both[1]));
  BOOST_TEST((merkle_root(both) != leaf_hash(joined)));
}

}  // namespace
}  // namespace gatehouse::audit
