#include "audit/seal_file.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gatehouse::audit {
namespace {

using store::StoredSeal;

struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / ("seals-" + std::to_string(getpid()))) {
    std::filesystem::create_directory(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }

  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  void write(const std::string& text) const { std::ofstream(file) << text; }
  std::vector<std::int64_t> numbers() const {
    std::vector<std::int64_t> seqs;
    for (const StoredSeal& seal : read_seal_file(file).seals) seqs.push_back(seal.seq);
    return seqs;
  }
  static StoredSeal seal(std::int64_t seq) { return {seq, seq % 2 ? "" : "tnt_1", "a.b.c"}; }

  std::filesystem::path path;
  std::string file = path / "seals.jsonl";
};

BOOST_FIXTURE_TEST_CASE(what_is_appended_is_read_again, Folder) {
  {
    SealFile opened(file);
    BOOST_REQUIRE(opened.locked());
    BOOST_TEST(!opened.last().has_value());
    opened.append({seal(1), seal(2)});
    BOOST_TEST(opened.last()->seq == 2);
  }
  SealFile again(file);
  BOOST_TEST(again.last()->seq == 2);
  BOOST_TEST(again.last()->tenant_id == "tnt_1");
  again.append({seal(3)});
  const std::vector<std::int64_t> expected{1, 2, 3};
  BOOST_TEST(numbers() == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(one_program_at_a_time_has_it, Folder) {
  const SealFile first(file);
  BOOST_TEST(first.locked());
  BOOST_TEST(!SealFile(file).locked());
}

BOOST_FIXTURE_TEST_CASE(line_that_was_cut_short_anywhere_is_written_anew, Folder) {
  { SealFile(file).append({seal(1), seal(2)}); }
  const std::string whole = text();
  const std::size_t second = whole.find('\n') + 1;
  for (std::size_t cut = second + 1; cut < whole.size(); ++cut) {
    write(whole.substr(0, cut));
    BOOST_TEST(read_seal_file(file).strange.empty(), "cut at " << cut);
    SealFile opened(file);
    BOOST_REQUIRE(opened.last()->seq == 1);
    opened.append({seal(2)});
    BOOST_TEST(numbers().back() == 2);
    BOOST_TEST(read_seal_file(file).strange.empty(), "cut at " << cut);
  }
}

BOOST_FIXTURE_TEST_CASE(lines_that_are_no_seals_are_reported, Folder) {
  { SealFile(file).append({seal(1), seal(2)}); }
  const std::string whole = text();
  for (const std::string strange : {"x\n", "\n", "{}\n", "{\"seq\":7}\n"}) {
    write(whole + strange + whole);
    const SealLines lines = read_seal_file(file);
    BOOST_TEST(lines.seals.size() == 4U);
    BOOST_REQUIRE(lines.strange.size() == 1U);
    BOOST_TEST(lines.strange[0] == 3U);
    write(whole + strange);
    BOOST_TEST(read_seal_file(file).strange.size() == 1U);
  }
}

BOOST_FIXTURE_TEST_CASE(file_that_cannot_be_used_is_an_error_with_its_name, Folder) {
  const auto names_it = [&](const SealFileError& error) {
    return std::string(error.what()).find(path.string()) == 0;
  };
  BOOST_CHECK_EXCEPTION(read_seal_file(file), SealFileError, names_it);
  BOOST_CHECK_EXCEPTION(SealFile(path / "none" / "x"), SealFileError, names_it);
}

}  // namespace
}  // namespace gatehouse::audit
