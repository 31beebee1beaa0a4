#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/encoding.h"
#include "crypto/key_state.h"

namespace gatehouse::crypto {
namespace {

constexpr char p256[] = "prime256v1";

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_base64url(std::string_view text) {
  return gatehouse::to_base64url(as_bytes(text));
}

/// The big-endian number in `width` bytes, or in as few as it takes.
std::string number(const EVP_PKEY& key, const char* name, std::optional<std::size_t> width) {
  BIGNUM* found = nullptr;
  expect(EVP_PKEY_get_bn_param(&key, name, &found), name);
  const Handle<BIGNUM> value(found);
  std::string bytes(width.value_or(static_cast<std::size_t>(BN_num_bytes(found))), '\0');
  if (BN_bn2binpad(found, reinterpret_cast<unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size())) < 0)
    openssl_failed("BN_bn2binpad");
  return to_base64url(bytes);
}

std::string decoded(const std::string& text, const char* name) {
  auto bytes = from_base64url(text);
  if (!bytes || bytes->empty())
    throw KeyError(std::string("the key's \"") + name + "\" is missing or not base64url");
  return std::move(*bytes);
}

std::string fixed(const std::string& text, const char* name, std::size_t size) {
  auto bytes = decoded(text, name);
  if (bytes.size() != size)
    throw KeyError(std::string("the key's \"") + name + "\" does not have " + std::to_string(size) +
                   " bytes");
  return bytes;
}

Handle<EVP_PKEY> assemble(const char* type, OSSL_PARAM_BLD& builder) {
  const auto parameters = expect(OSSL_PARAM_BLD_to_param(&builder), "OSSL_PARAM_BLD_to_param");
  const auto context =
      expect(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), "EVP_PKEY_CTX_new_from_name");
  expect(EVP_PKEY_fromdata_init(context.get()), "EVP_PKEY_fromdata_init");
  EVP_PKEY* made = nullptr;
  const int result = EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get());
  Handle<EVP_PKEY> key(made);
  const auto check =
      key ? expect(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr), "EVP_PKEY_CTX_new_from_pkey")
          : nullptr;
  if (result != 1 || !key || EVP_PKEY_public_check(check.get()) != 1) {
    clear_errors();
    throw KeyError("the numbers make no valid public key");
  }
  return key;
}

Handle<EVP_PKEY> p256_key(const JwkFields& fields) {
  const std::string point =
      '\4' + fixed(fields.x, "x", p256_coordinate) + fixed(fields.y, "y", p256_coordinate);
  const auto builder = expect(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new");
  expect(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, p256, 0),
         "push");
  expect(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                          point.size()),
         "push");
  return assemble("EC", *builder);
}

/// The y coordinates of Ed25519's points of small order and their other spellings (RFC 8032 §5.1.3
/// forbids those, OpenSSL takes them): for such a key, signatures can be found without any private
/// key.
constexpr std::array<std::string_view, 7> small_order = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

Handle<EVP_PKEY> ed25519_key_of(const JwkFields& fields) {
  const auto point = fixed(fields.x, "x", ed25519_key);
  std::string without_sign = point;
  without_sign.back() = static_cast<char>(without_sign.back() & 0x7f);
  if (std::ranges::find(small_order, to_hex(as_bytes(without_sign))) != small_order.end())
    throw KeyError("the key is a point of small order: anyone can sign for it");
  return expect(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw(point), point.size()),
      "EVP_PKEY_new_raw_public_key_ex");
}

Handle<EVP_PKEY> rsa_key(const JwkFields& fields) {
  const auto modulus = decoded(fields.n, "n");
  const auto exponent = decoded(fields.e, "e");
  if (modulus.front() == '\0' || exponent.front() == '\0')
    throw KeyError("the key's numbers have leading zeros (RFC 7518 section 2)");
  if (modulus.size() > rsa_max_bits / 8 || exponent.size() > 8)
    throw KeyError("the key's numbers are larger than any sensible RSA key's");
  const auto to_number = [](const std::string& bytes) {
    return expect(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr), "BN_bin2bn");
  };
  const auto n = to_number(modulus);
  const auto e = to_number(exponent);
  if (BN_num_bits(n.get()) < rsa_min_public_bits)
    throw KeyError("the RSA key has fewer than 2048 bits");
  if (!BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_get_word(e.get()) < 65537)
    throw KeyError("the RSA key's modulus is even, or its exponent even or under 65537");
  const auto builder = expect(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new");
  expect(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()), "push");
  expect(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()), "push");
  return assemble("RSA", *builder);
}

void expect_type(const JwkFields& fields, std::string_view kty, std::string_view crv) {
  if (fields.kty != kty || fields.crv != crv)
    throw KeyError("the key's \"kty\" or \"crv\" does not belong to the algorithm");
}

}  // namespace

JwkFields public_fields(Algorithm algorithm, const evp_pkey_st& key) {
  const auto expect_key = [&](const char* type) {
    if (EVP_PKEY_is_a(&key, type) != 1) throw KeyError("the key is not one of the algorithm");
  };
  switch (algorithm) {
    case Algorithm::es256: {
      expect_key("EC");
      char group[64] = {};
      std::size_t length = 0;
      if (EVP_PKEY_get_group_name(&key, group, sizeof group, &length) != 1 ||
          std::string_view(group) != p256)
        throw KeyError("the key is not on P-256");
      return {.kty = "EC",
              .crv = "P-256",
              .x = number(key, OSSL_PKEY_PARAM_EC_PUB_X, p256_coordinate),
              .y = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, p256_coordinate)};
    }
    case Algorithm::eddsa: {
      expect_key("ED25519");
      std::string point(ed25519_key, '\0');
      std::size_t length = point.size();
      expect(EVP_PKEY_get_raw_public_key(&key, reinterpret_cast<unsigned char*>(point.data()),
                                         &length),
             "EVP_PKEY_get_raw_public_key");
      return {.kty = "OKP", .crv = "Ed25519", .x = to_base64url(point)};
    }
    case Algorithm::rs256:
      expect_key("RSA");
      return {.kty = "RSA",
              .n = number(key, OSSL_PKEY_PARAM_RSA_N, std::nullopt),
              .e = number(key, OSSL_PKEY_PARAM_RSA_E, std::nullopt)};
    case Algorithm::hs256:
      break;
  }
  throw KeyError("HS256 has no public key");
}

Handle<evp_pkey_st> public_key_of(Algorithm algorithm, const JwkFields& fields) {
  switch (algorithm) {
    case Algorithm::es256:
      expect_type(fields, "EC", "P-256");
      return p256_key(fields);
    case Algorithm::eddsa:
      expect_type(fields, "OKP", "Ed25519");
      return ed25519_key_of(fields);
    case Algorithm::rs256:
      expect_type(fields, "RSA", "");
      return rsa_key(fields);
    case Algorithm::hs256:
      break;
  }
  throw KeyError("HS256 has no public key");
}

}  // namespace gatehouse::crypto
