#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <utility>

#include "core/encoding.h"
#include "core/random.h"
#include "crypto/key_state.h"

namespace gatehouse::crypto {
namespace {

Handle<EVP_PKEY> fresh(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256:
      return expect(EVP_EC_gen("P-256"), "EVP_EC_gen");
    case Algorithm::eddsa:
      return expect(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "EVP_PKEY_Q_keygen");
    case Algorithm::rs256:
      return expect(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits)),
                    "EVP_PKEY_Q_keygen");
    case Algorithm::hs256:
      break;
  }
  throw KeyError("HS256 has no key pair");
}

Handle<EVP_PKEY> decode(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const Handle<PKCS8_PRIV_KEY_INFO> info(
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  Handle<EVP_PKEY> key(info && at == end ? EVP_PKCS82PKEY(info.get()) : nullptr);
  if (!key) {
    clear_errors();
    throw KeyError("the private key is not PKCS #8 DER");
  }
  return key;
}

}  // namespace

PrivateKey PrivateKey::generate(Algorithm algorithm) {
  if (algorithm == Algorithm::hs256) {
    std::string bytes(hs256_min_key, '\0');
    random_bytes(std::as_writable_bytes(std::span(bytes)));
    return from_der(algorithm, Secret(std::move(bytes)));
  }
  auto key = fresh(algorithm);
  auto public_half = PublicKey::from_jwk_fields(algorithm, public_fields(algorithm, *key));
  return PrivateKey(
      std::make_shared<const State>(State{std::move(public_half), std::move(key), {}}));
}

PrivateKey PrivateKey::from_der(Algorithm algorithm, const Secret& der) {
  if (algorithm == Algorithm::hs256)
    return PrivateKey(std::make_shared<const State>(
        State{PublicKey::from_secret(der), nullptr, Secret(std::string(der.reveal()))}));
  auto key = decode(der.reveal());
  auto public_half = PublicKey::from_jwk_fields(algorithm, public_fields(algorithm, *key));
  if (algorithm == Algorithm::rs256 && EVP_PKEY_get_bits(key.get()) < rsa_bits)
    throw KeyError("the RSA key has fewer than 3072 bits");
  PrivateKey made(std::make_shared<const State>(State{public_half, std::move(key), {}}));
  // Cheaper than OpenSSL's own checks (which test RSA primes anew), and it finds every key whose
  // two halves do not belong together, before anything is signed that nobody can verify.
  constexpr std::string_view probe = "gatehouse";
  if (!public_half.verify(probe, made.sign(probe)))
    throw KeyError("the private key does not belong to its public key");
  return made;
}

Secret PrivateKey::to_der() const {
  if (!state_->key) return Secret(std::string(state_->secret.reveal()));
  const auto info = expect(EVP_PKEY2PKCS8(state_->key.get()), "EVP_PKEY2PKCS8");
  const int length = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  if (length <= 0) openssl_failed("i2d_PKCS8_PRIV_KEY_INFO");
  std::string der(static_cast<std::size_t>(length), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  if (i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out) != length)
    openssl_failed("i2d_PKCS8_PRIV_KEY_INFO");
  return Secret(std::move(der));
}

Algorithm PrivateKey::algorithm() const {
  return state_->public_half.algorithm();
}

PublicKey PrivateKey::public_key() const {
  return state_->public_half;
}

}  // namespace gatehouse::crypto
