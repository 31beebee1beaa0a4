#include "core/encoding.h"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace gatehouse;  // NOLINT

BOOST_AUTO_TEST_CASE(hex_is_lower_case_both_ways) {
  BOOST_TEST(to_hex(as_bytes(std::string_view("\x00\xff\x7a", 3))) == "00ff7a");
  BOOST_TEST((as_text(from_hex("00ff7a").value()) == std::string_view("\x00\xff\x7a", 3)));
  BOOST_TEST(!from_hex("0"));
  BOOST_TEST(!from_hex("0g"));
  BOOST_TEST(!from_hex("FF"));
  BOOST_TEST(from_hex("").value().empty());
}

BOOST_AUTO_TEST_CASE(base64_follows_the_vectors_of_rfc_4648) {
  const std::array<std::array<std::string_view, 2>, 7> vectors = {{{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, encoded] : vectors) {
    BOOST_TEST(to_base64(as_bytes(plain)) == encoded);
    BOOST_TEST(from_base64(encoded).value() == plain);
    const std::string_view bare = encoded.substr(0, encoded.find('='));
    BOOST_TEST(to_base64url(as_bytes(plain)) == bare);
    BOOST_TEST(from_base64url(bare).value() == plain);
  }
}

BOOST_AUTO_TEST_CASE(base64url_uses_its_own_alphabet) {
  const std::string_view bytes("\xfb\xff\xfe", 3);
  BOOST_TEST(to_base64(as_bytes(bytes)) == "+//+");
  BOOST_TEST(to_base64url(as_bytes(bytes)) == "-__-");
  BOOST_TEST(!from_base64("-__-"));
  BOOST_TEST(!from_base64url("+//+"));
  std::string out = "a.";
  append_base64url(out, as_bytes(bytes));
  BOOST_TEST(out == "a.-__-");
}

BOOST_AUTO_TEST_CASE(base64_has_one_spelling_only) {
  for (const std::string_view text :
       {"Zh==", "Zm9=", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm 9v", "Zm9v\n", "Z=g=", "Zm9vY"}) {
    BOOST_TEST(!from_base64(text), text);
  }
  for (const std::string_view text : {"Zh", "Zm9", "Zg==", "Z", "Zm9vY", "Zm9v ", "Zm9v="}) {
    BOOST_TEST(!from_base64url(text), text);
  }
}

BOOST_AUTO_TEST_CASE(base62_has_one_length_per_size) {
  BOOST_TEST(to_base62({}) == "");
  BOOST_TEST(to_base62(as_bytes(std::string_view("\x00", 1))) == "00");
  BOOST_TEST(to_base62(as_bytes(std::string_view("\x3d", 1))) == "0z");
  BOOST_TEST(to_base62(as_bytes(std::string_view("\x3e", 1))) == "10");
  BOOST_TEST(to_base62(as_bytes(std::string_view("\xff", 1))) == "47");
  BOOST_TEST(to_base62(Bytes(32, std::byte{0})) == std::string(43, '0'));
  // 2^256 - 1 in base 62, worked out with another program's integers.
  BOOST_TEST(to_base62(Bytes(32, std::byte{0xff})) ==
             "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
}

BOOST_AUTO_TEST_CASE(crockford_writes_typeid_vectors) {
  std::array<std::byte, 16> bytes{};
  BOOST_TEST(to_crockford(bytes) == "00000000000000000000000000");
  bytes[15] = std::byte{32};
  BOOST_TEST(to_crockford(bytes) == "00000000000000000000000010");
  bytes.fill(std::byte{0xff});
  BOOST_TEST(to_crockford(bytes) == "7zzzzzzzzzzzzzzzzzzzzzzzzz");
  const Bytes uuid = from_hex("0110c8531d0952d8d73e1194e95b5f19").value();
  BOOST_TEST(to_crockford(std::span(uuid).first<16>()) == "0123456789abcdefghjkmnpqrs");
}

BOOST_AUTO_TEST_CASE(crc32_is_the_one_of_zip) {
  BOOST_TEST(crc32("123456789") == 0xcbf43926U);
  BOOST_TEST(crc32("") == 0U);
}

BOOST_AUTO_TEST_CASE(utf8_of_every_length_is_valid) {
  for (const std::string_view text :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    BOOST_TEST(valid_utf8(text));
  }
}

BOOST_AUTO_TEST_CASE(malformed_utf8_is_refused) {
  for (const std::string_view text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe2\x82",
        "\xe2\x28\xa1", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80",
        "\xf0\x90\x80\x28", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xfe"}) {
    BOOST_TEST(!valid_utf8(text), to_hex(as_bytes(text)));
  }
}

BOOST_AUTO_TEST_CASE(form_text_is_decoded) {
  BOOST_TEST(from_form("a+b%20c%2B%c3%A9").value() == "a b c+\xc3\xa9");
  BOOST_TEST(from_form("").value() == "");
  for (const std::string_view text :
       {"%", "%4", "%4g", "a%", "%%41", "%00", "%ff", "%c3", "\xff"}) {
    BOOST_TEST(!from_form(text), text);
  }
  BOOST_TEST(!from_form(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(a_header_of_any_bytes_becomes_visible_ascii) {
  BOOST_TEST(printable("Mozilla/5.0") == "Mozilla/5.0");
  BOOST_TEST(printable("a\xff\n\"b") == "a??\"b");
  BOOST_TEST(printable(std::string(1000, 'x')).size() == 256U);
}

BOOST_AUTO_TEST_CASE(json_string_escapes_what_could_break_it) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\r\t\x01\0\x7f\xc3\xa9/", 12));
  BOOST_TEST(out == "\"a\\\"\\\\\\n\\r\\t\\u0001\\u0000\\u007f\xc3\xa9/\"");
}

BOOST_AUTO_TEST_CASE(json_string_replaces_bytes_that_are_no_utf8) {
  std::string out;
  append_json_string(out, "a\xff\xc3z\xe2\x82");
  BOOST_TEST(out == "\"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\"");
  BOOST_TEST(valid_utf8(out));
}
