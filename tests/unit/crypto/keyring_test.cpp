#include "crypto/keyring.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace gatehouse;
using namespace gatehouse::crypto;

namespace {

const std::string pepper =
    "pepper 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
const std::string key_1 = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
const std::string key_2 = "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f";

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "keyringXXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& text, mode_t mode) const {
    const auto file = path / "keyring";
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
    return file.string();
  }
};

std::string error_of(const std::string& text) {
  try {
    Keyring::parse(text);
  } catch (const KeyringError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keyring)

BOOST_AUTO_TEST_CASE(generated_keyring_loads_and_opens_what_it_sealed) {
  const Folder folder;
  const auto file = folder.write(Keyring::generate(), 0600);
  const auto sealed = Keyring::load(file).seal("plain", "table/1");
  BOOST_TEST(Keyring::load(file).open(sealed, "table/1").reveal() == "plain");
  BOOST_TEST(Keyring::generate() != Keyring::generate());
}

BOOST_AUTO_TEST_CASE(file_that_others_may_read_is_refused_with_the_remedy) {
  const Folder folder;
  for (const mode_t mode : {0640, 0604, 0620, 0666}) {
    const auto file = folder.write(Keyring::generate(), mode);
    BOOST_CHECK_EXCEPTION(Keyring::load(file), KeyringError, [&](const KeyringError& error) {
      return std::string(error.what()).find("chmod 600 " + file) != std::string::npos;
    });
  }
}

BOOST_AUTO_TEST_CASE(missing_file_and_folder_are_refused) {
  const Folder folder;
  BOOST_CHECK_THROW(Keyring::load((folder.path / "none").string()), KeyringError);
  BOOST_CHECK_THROW(Keyring::load(folder.path.string()), KeyringError);
}

BOOST_AUTO_TEST_CASE(oversized_file_is_refused) {
  const Folder folder;
  const auto file = folder.write(Keyring::generate() + std::string(70000, '#'), 0600);
  BOOST_CHECK_THROW(Keyring::load(file), KeyringError);
}

BOOST_AUTO_TEST_CASE(comments_blanks_and_windows_line_ends_are_fine) {
  const auto ring =
      Keyring::parse("# mine\r\n\r\n  " + pepper + "\tseal k1  " + key_1 + " # new\r\n");
  BOOST_TEST(ring.open(ring.seal("x", ""), "").reveal() == "x");
}

BOOST_AUTO_TEST_CASE(malformed_lines_are_refused_by_number_and_without_the_key) {
  const std::vector<std::string> bad = {
      "seal k1 " + key_1.substr(2),
      "seal k1 " + key_1 + "00",
      "seal k1 " + key_1 + " more",
      "seal k1 " + std::string(64, 'g'),
      "seal k1 " + std::string(64, '0'),
      "seal k/1 " + key_1,
      "seal " + std::string(33, 'k') + " " + key_1,
      "seal",
      "sael k1 " + key_1,
      pepper,
  };
  for (const auto& line : bad) {
    const auto error = error_of(pepper + line);
    BOOST_TEST(error.find("line 2: ") != std::string::npos, line << " -> " << error);
    BOOST_TEST(error.find(key_1.substr(2, 60)) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(keyring_without_pepper_or_seal_key_or_with_two_of_an_id_is_refused) {
  BOOST_TEST(error_of("").find("no pepper") != std::string::npos);
  BOOST_TEST(error_of("seal k1 " + key_1).find("no pepper") != std::string::npos);
  BOOST_TEST(error_of(pepper).find("no seal key") != std::string::npos);
  BOOST_TEST(error_of(pepper + "seal k1 " + key_1 + "\nseal k1 " + key_2).find("line 3: ") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(pepper_is_the_hmac_key_of_the_file) {
  const auto ring = Keyring::parse(pepper + "seal k1 " + key_1);
  const auto bytes = from_hex(pepper.substr(7, 64)).value();
  BOOST_TEST((ring.pepper().sign("data") == HmacKey(bytes).sign("data")));
}

BOOST_AUTO_TEST_CASE(derived_key_is_hkdf_of_pepper_and_label) {
  const auto ring = Keyring::parse(pepper + "seal k1 " + key_1);
  // Made with Python's hmac: HKDF-SHA-256, no salt, info "idempotency".
  const auto key =
      from_hex("55913a9ab64d36a7731b3b1bf18d7fb268c328b87942c40a62d150413e87c6fa").value();
  BOOST_TEST((ring.derived("idempotency").sign("data") == HmacKey(key).sign("data")));
  BOOST_TEST((ring.derived("idempotency").sign("data") != ring.derived("other").sign("data")));
}

BOOST_AUTO_TEST_CASE(what_another_implementation_sealed_opens) {
  // Made with Python's cryptography: key 40..5f, id k1, nonce 00..0b.
  const auto sealed = from_hex(
                          "01026b31000102030405060708090a0b5b71181914e764c1b632e4a3cf83a35c"
                          "cd27465f4e541022e6545ecbed53")
                          .value();
  const auto ring = Keyring::parse(pepper + "seal k1 " + key_1);
  BOOST_TEST(ring.open(sealed, "webhooks/1").reveal() == "attack at dawn");
}

BOOST_AUTO_TEST_CASE(every_changed_byte_and_every_cut_is_found) {
  const auto ring = Keyring::parse(pepper + "seal k1 " + key_1 + "\nseal k2 " + key_2);
  const auto sealed = ring.seal("attack at dawn", "a");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= std::byte{1};
    BOOST_CHECK_THROW(ring.open(changed, "a"), SealError);
    BOOST_CHECK_THROW(ring.open(std::span(sealed).first(i), "a"), SealError);
  }
  auto longer = sealed;
  longer.push_back(std::byte{0});
  BOOST_CHECK_THROW(ring.open(longer, "a"), SealError);
  // 'k1' with two bits changed is 'k2', a key that is there.
  auto other_key = sealed;
  other_key[3] = std::byte{'2'};
  BOOST_CHECK_THROW(ring.open(other_key, "a"), SealError);
}

BOOST_AUTO_TEST_CASE(sealed_bytes_are_tied_to_their_associated_data) {
  const auto ring = Keyring::parse(pepper + "seal k1 " + key_1);
  const auto sealed = ring.seal("plain", "keys/1");
  BOOST_CHECK_THROW(ring.open(sealed, "keys/2"), SealError);
  BOOST_CHECK_THROW(ring.open(sealed, ""), SealError);
}

BOOST_AUTO_TEST_CASE(empty_and_binary_texts_come_back_and_no_two_seals_are_alike) {
  const auto ring = Keyring::parse(pepper + "seal k1 " + key_1);
  BOOST_TEST(ring.open(ring.seal("", "a"), "a").empty());
  const std::string binary("\0\xff\0", 3);
  BOOST_TEST((ring.open(ring.seal(binary, "a"), "a").reveal() == binary));
  BOOST_TEST((ring.seal("x", "a") != ring.seal("x", "a")));
}

BOOST_AUTO_TEST_CASE(replaced_seal_key_still_opens_and_a_removed_one_does_not) {
  const auto old_ring = Keyring::parse(pepper + "seal k1 " + key_1);
  const auto both = Keyring::parse(pepper + "seal k2 " + key_2 + "\nseal k1 " + key_1);
  const auto new_ring = Keyring::parse(pepper + "seal k2 " + key_2);
  const auto sealed = old_ring.seal("plain", "a");
  BOOST_TEST(both.open(sealed, "a").reveal() == "plain");
  BOOST_CHECK_THROW(new_ring.open(sealed, "a"), SealError);
  BOOST_TEST(new_ring.open(both.seal("plain", "a"), "a").reveal() == "plain");
}

BOOST_AUTO_TEST_SUITE_END()
