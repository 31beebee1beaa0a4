#include "crypto/password.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace gatehouse::crypto;

namespace {

constexpr PasswordParameters cheap{.memory_kib = 64, .passes = 1};

/// Resident memory of this process (proc(5), statm).
std::int64_t resident_bytes() {
  std::int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(password)

BOOST_AUTO_TEST_CASE(hash_of_the_reference_implementation_verifies) {
  // phc-winner-argon2's own test: argon2id, t=2, m=2^16, p=1, "password", "somesalt".
  const std::string phc =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  BOOST_TEST(verify_password("password", phc));
  BOOST_TEST(!verify_password("Password", phc));
  release_password_memory();
  BOOST_TEST(verify_password("password", phc));
}

BOOST_AUTO_TEST_CASE(hash_has_the_documented_form_and_a_salt_of_its_own) {
  const auto phc = hash_password("secret");
  BOOST_TEST(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  BOOST_TEST(phc.size() == std::string("$argon2id$v=19$m=19456,t=2,p=1$").size() + 22 + 1 + 43);
  BOOST_TEST(verify_password("secret", phc));
  BOOST_TEST(!verify_password("secret ", phc));
  BOOST_TEST(!verify_password("", phc));
  BOOST_TEST(hash_password("secret", cheap) != hash_password("secret", cheap));
}

BOOST_AUTO_TEST_CASE(long_passwords_are_hashed_whole_and_longer_ones_refused) {
  const std::string longest(max_password_bytes, 'x');
  const auto phc = hash_password(longest, cheap);
  BOOST_TEST(verify_password(longest, phc));
  BOOST_TEST(!verify_password(longest.substr(1), phc));
  BOOST_TEST(!verify_password(longest.substr(1) + 'y', phc));
  BOOST_TEST(!verify_password(longest + 'x', phc));
  BOOST_CHECK_THROW(hash_password(longest + 'x', cheap), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(nuls_and_high_bytes_count) {
  const std::string with_nul("a\0b", 3);
  const auto phc = hash_password(with_nul, cheap);
  BOOST_TEST(verify_password(with_nul, phc));
  BOOST_TEST(!verify_password("a", phc));
  BOOST_TEST(!verify_password(std::string("a\0c", 3), phc));
  BOOST_TEST(verify_password("\xff\xfe", hash_password("\xff\xfe", cheap)));
}

BOOST_AUTO_TEST_CASE(changed_parameters_ask_for_a_rehash) {
  const auto phc = hash_password("x", cheap);
  BOOST_TEST(!needs_rehash(phc, cheap));
  BOOST_TEST(needs_rehash(phc, {.memory_kib = 65, .passes = 1}));
  BOOST_TEST(needs_rehash(phc, {.memory_kib = 64, .passes = 2}));
}

BOOST_AUTO_TEST_CASE(malformed_and_absurd_hashes_are_refused_without_work) {
  const std::string salt = "$c29tZXNhbHQ$";
  const std::string hash = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  const std::vector<std::string> bad = {
      "",
      "plain",
      "$argon2i$v=19$m=64,t=1,p=1" + salt + hash,
      "$argon2id$v=16$m=64,t=1,p=1" + salt + hash,
      "$argon2id$m=64,t=1,p=1" + salt + hash,
      "$argon2id$v=19$m=1048577,t=1,p=1" + salt + hash,
      "$argon2id$v=19$m=4294967360,t=1,p=1" + salt + hash,
      "$argon2id$v=19$m=99999999999999999999,t=1,p=1" + salt + hash,
      "$argon2id$v=19$m=64,t=17,p=1" + salt + hash,
      "$argon2id$v=19$m=64,t=0,p=1" + salt + hash,
      "$argon2id$v=19$m=-64,t=1,p=1" + salt + hash,
      "$argon2id$v=19$m=64,t=1,p=2" + salt + hash,
      "$argon2id$v=19$m=64,t=1,p=11" + salt + hash,
      "$argon2id$v=19$m=4,t=1,p=1" + salt + hash,
      "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$" + hash,
      "$argon2id$v=19$m=64,t=1,p=1" + salt + hash + "=",
      "$argon2id$v=19$m=64,t=1,p=1" + salt + hash + "$",
      "$argon2id$v=19$m=64,t=1,p=1" + salt + hash.substr(1),
      "$argon2id$v=19$m=64,t=1,p=1" + salt + hash + std::string("\0", 1),
      "$argon2id$v=19$m=64,t=1,p=1" + salt,
  };
  for (const auto& phc : bad) {
    BOOST_TEST_INFO(phc);
    BOOST_CHECK_THROW(verify_password("password", phc), PasswordHashError);
  }
  BOOST_CHECK_THROW(needs_rehash("plain", cheap), PasswordHashError);
  BOOST_CHECK_THROW(hash_password("x", {.memory_kib = 4, .passes = 1}), PasswordHashError);
  BOOST_CHECK_THROW(hash_password("x", {.memory_kib = 64, .passes = 17}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(threads_hash_side_by_side_with_memories_of_different_size) {
  std::vector<int> good(4, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([i, &good] {
      for (const int memory_kib : {1024, 64, 4096, 512 * (i + 1)}) {
        const auto phc = hash_password("x", {.memory_kib = memory_kib, .passes = 1});
        good[static_cast<std::size_t>(i)] +=
            verify_password("x", phc) && !verify_password("y", phc);
      }
      release_password_memory();
      release_password_memory();
    });
  for (auto& thread : threads) thread.join();
  for (const int count : good) BOOST_TEST(count == 4);
}

BOOST_AUTO_TEST_CASE(released_memory_goes_back_to_the_system_and_the_next_hash_still_works) {
  constexpr int memory_kib = 64 * 1024;
  const auto phc = hash_password("x", {.memory_kib = memory_kib, .passes = 1});
  const auto before = resident_bytes();
  release_password_memory();
  BOOST_TEST(before - resident_bytes() > (memory_kib - 4096) * std::int64_t{1024});
  BOOST_TEST(verify_password("x", phc));
}

BOOST_AUTO_TEST_CASE(common_passwords_are_known_in_any_case) {
  for (const char* common :
       {"123456", "password", "PassWord", "QWERTY", "letmein", "zxcvbnm", "000000"})
    BOOST_TEST(is_common_password(common), common);
  for (const char* other : {"", "passwor", "password ", "kX9!vbq2Lw", "pässword"})
    BOOST_TEST(!is_common_password(other), other);
  BOOST_TEST(!is_common_password(std::string(5000, 'a')));
  BOOST_TEST(!is_common_password(std::string("password\0", 9)));
}

BOOST_AUTO_TEST_SUITE_END()
