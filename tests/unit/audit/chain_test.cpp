#include "audit/chain.h"

#include "seals.h"

namespace gatehouse::audit {
namespace {

struct Four : Sealed {
  Four() {
    add("", {row("a", "", 1)});
    add("tnt_1", {row("b", "tnt_1", 11), row("c", "tnt_1", 12)});
    add("", {row("d", "", 21)});
    add("tnt_1", {row("e", "tnt_1", 31)});
  }
};

BOOST_AUTO_TEST_CASE(seal_says_what_was_signed) {
  Sealed sealed;
  sealed.add("tnt_1", {row("a", "tnt_1", 1)});
  const auto opened = open_seal(sealed.stored[0].jws, sealed.signer.verifying);
  BOOST_REQUIRE(opened.has_value());
  const Seal& seal = sealed.seals[0];
  BOOST_TEST(opened->seq == 1);
  BOOST_TEST(opened->tenant_id == "tnt_1");
  BOOST_TEST(opened->to_xid == seal.to_xid);
  BOOST_TEST(opened->rows == 1);
  BOOST_TEST((opened->root == seal.root));
  BOOST_TEST(opened->from_at == seal.from_at);
  BOOST_TEST(opened->sealed_at == seal.sealed_at);
}

BOOST_AUTO_TEST_CASE(seal_of_another_key_or_type_is_none) {
  Sealed sealed;
  sealed.add("", {row("a", "", 1)});
  BOOST_TEST(!open_seal(sealed.stored[0].jws, Signer().verifying).has_value());
  const std::string token = jose::sign_compact(sealed.signer.signing.encoded_header("JWT"),
                                               R"({"seq":1})", sealed.signer.key);
  BOOST_TEST(!open_seal(token, sealed.signer.verifying).has_value());
  const std::string lacking = jose::sign_compact(sealed.signer.signing.encoded_header(seal_type),
                                                 R"({"seq":1})", sealed.signer.key);
  BOOST_TEST(!open_seal(lacking, sealed.signer.verifying).has_value());
  BOOST_TEST(!open_seal("", sealed.signer.verifying).has_value());
}

BOOST_FIXTURE_TEST_CASE(seals_that_continue_each_other_are_good, Four) {
  BOOST_TEST(findings(stored).empty());
  BOOST_TEST(findings({stored[1], stored[3]}, Chain::Part::trail).empty());
  BOOST_TEST(findings({stored[2], stored[3]}, Chain::Part::tail).empty());
}

BOOST_FIXTURE_TEST_CASE(any_seal_that_is_left_out_is_missed, Four) {
  for (std::size_t index = 1; index + 1 < stored.size(); ++index) {
    auto some = stored;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(index));
    BOOST_REQUIRE(!findings(some).empty());
    BOOST_TEST(findings(some).front() == "seal " + std::to_string(index + 1) + " is missing");
  }
}

BOOST_FIXTURE_TEST_CASE(tail_begins_anywhere_and_lacks_nothing_from_there_on, Four) {
  const auto found = findings({stored[0], stored[1], stored[3]}, Chain::Part::tail);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found.front() == "seal 3 is missing");
}

BOOST_FIXTURE_TEST_CASE(chain_may_begin_later_and_says_where, Four) {
  for (std::size_t begin = 0; begin < stored.size(); ++begin) {
    Findings found;
    Chain chain(signer.verifying, Chain::Part::whole);
    for (std::size_t index = begin; index < stored.size(); ++index) {
      BOOST_TEST(chain.next(stored[index], found).has_value());
    }
    BOOST_TEST(found.empty());
    BOOST_TEST(chain.first() == static_cast<std::int64_t>(begin) + 1);
  }
  auto broken = std::vector(stored.begin() + 1, stored.end());
  broken.erase(broken.begin() + 1);
  BOOST_TEST(findings(broken).front() == "seal 3 is missing");
}

BOOST_FIXTURE_TEST_CASE(any_character_of_a_seal_counts, Four) {
  for (std::size_t at = 0; at < stored[1].jws.size(); ++at) {
    auto some = stored;
    some[1].jws[at] = some[1].jws[at] == 'A' ? 'B' : 'A';
    BOOST_TEST(!findings(some).empty(), "at " << at);
  }
}

BOOST_FIXTURE_TEST_CASE(seal_under_another_number_or_tenant_is_no_seal, Four) {
  auto renumbered = stored;
  std::swap(renumbered[0].seq, renumbered[2].seq);
  std::swap(renumbered[0], renumbered[2]);
  BOOST_TEST(!findings(renumbered).empty());
  auto moved = stored;
  moved[1].tenant_id = "tnt_2";
  BOOST_TEST(!findings(moved).empty());
}

BOOST_FIXTURE_TEST_CASE(chain_of_another_beginning_does_not_fit, Four) {
  Sealed other;
  other.signer = signer;
  other.add("", {row("x", "", 1)});
  auto mixed = stored;
  mixed[0] = other.stored[0];
  BOOST_TEST(findings(mixed).size() == 2);  // neither its neighbour nor its trail continues it
}

BOOST_AUTO_TEST_CASE(key_that_was_replaced_seals_nothing_any_more) {
  Sealed sealed;
  sealed.add("", {row("a", "", 1)});
  const Signer old = sealed.signer;
  sealed.signer = Signer();
  const jose::KeySet both({old.verifying.keys().front(), sealed.signer.verifying.keys().front()});
  sealed.add("", {row("b", "", 11)});
  sealed.signer.verifying = both;
  BOOST_TEST(sealed.findings(sealed.stored).empty());
  sealed.signer = old;
  sealed.add("", {row("c", "", 21)});
  sealed.signer.verifying = both;
  const std::vector<std::string> expected{
      "seal 3 of the platform is of a key that had been replaced"};
  BOOST_TEST(sealed.findings(sealed.stored) == expected, boost::test_tools::per_element());
}

struct Rows {
  std::vector<Row> rows{row("a", "", 1), row("b", "", 2), row("c", "", 2)};
  Sealed sealed;
  store::Listed listed{{"a", "b", "c"}, leaves_of(rows)};
  Rows() { sealed.add("", rows); }

  std::vector<std::string> compared(bool may_lack = false) {
    Findings found;
    compare_rows(sealed.seals[0], rows, listed, may_lack, found);
    return found.texts();
  }
};

BOOST_FIXTURE_TEST_CASE(rows_as_they_were_sealed_are_good, Rows) {
  BOOST_TEST(compared().empty());
}

BOOST_FIXTURE_TEST_CASE(changed_inserted_and_missing_rows_are_named, Rows) {
  rows[1] = row("b", "", 2, "x.y");
  rows[2] = row("z", "", 2);
  const std::vector<std::string> expected{"row b was changed (seal 1 of the platform)",
                                          "row z was inserted (seal 1 of the platform)",
                                          "row c is missing (seal 1 of the platform)"};
  BOOST_TEST(compared() == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(second_copy_of_a_row_is_inserted, Rows) {
  rows.push_back(rows[0]);
  BOOST_TEST(compared().size() == 1);
  BOOST_TEST(compared().front() == "row a was inserted (seal 1 of the platform)");
}

BOOST_FIXTURE_TEST_CASE(list_that_was_changed_too_hides_nothing, Rows) {
  rows[0] = row("a", "", 1, "x.y");
  listed.leaves[0] = rows[0].leaf();
  BOOST_TEST(compared().size() == 1);
  BOOST_TEST(compared(true).size() == 1);
  listed = {};
  BOOST_TEST(compared().size() == 1);
}

BOOST_FIXTURE_TEST_CASE(rows_past_their_days_may_lack_but_not_change, Rows) {
  rows.erase(rows.begin());
  BOOST_TEST(compared(true).empty());
  BOOST_TEST(compared(false).size() == 1);
  rows[0] = row("b", "", 2, "x.y");
  BOOST_TEST(compared(true).size() == 1);
}

}  // namespace
}  // namespace gatehouse::audit
