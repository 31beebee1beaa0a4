#include "crypto/signing.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/encoding.h"
#include "crypto/key_state.h"

namespace gatehouse::crypto {
namespace {

constexpr std::array<std::pair<Algorithm, std::string_view>, 4> names = {{
    {Algorithm::es256, "ES256"},
    {Algorithm::eddsa, "EdDSA"},
    {Algorithm::rs256, "RS256"},
    {Algorithm::hs256, "HS256"},
}};

// A DER signature of P-256 has at most 72 bytes.
constexpr std::size_t max_der_signature = 80;

unsigned char* raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const unsigned char* raw(const Digest& digest) {
  return reinterpret_cast<const unsigned char*>(digest.data());
}

/// One thread's contexts for one key: ES256 and RS256 sign a digest in `digest_context` again and
/// again; Ed25519 takes the whole message, and `message_context` is its template.
struct Contexts {
  Handle<EVP_PKEY_CTX> digest_context;
  Handle<EVP_MD_CTX> message_context;
};

enum class Use { sign, verify };

Contexts make_contexts(Algorithm algorithm, EVP_PKEY* key, Use use) {
  Contexts made;
  if (algorithm == Algorithm::eddsa) {
    made.message_context = expect(EVP_MD_CTX_new(), "EVP_MD_CTX_new");
    const auto init = use == Use::sign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
    expect(init(made.message_context.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr),
           "EVP_DigestSignInit_ex");
    return made;
  }
  made.digest_context =
      expect(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr), "EVP_PKEY_CTX_new_from_pkey");
  EVP_PKEY_CTX* context = made.digest_context.get();
  expect((use == Use::sign ? EVP_PKEY_sign_init : EVP_PKEY_verify_init)(context),
         "EVP_PKEY_sign_init");
  if (algorithm == Algorithm::rs256) {
    expect(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), "set_rsa_padding");
    expect(EVP_PKEY_CTX_set_signature_md(context, sha256_method()), "set_signature_md");
  }
  return made;
}

/// A copy of a template, which is as fast as it gets and never uses a context twice.
EVP_MD_CTX* copy_of(const Handle<EVP_MD_CTX>& ready) {
  thread_local const auto scratch = expect(EVP_MD_CTX_new(), "EVP_MD_CTX_new");
  expect(EVP_MD_CTX_copy_ex(scratch.get(), ready.get()), "EVP_MD_CTX_copy_ex");
  return scratch.get();
}

std::string sign_digest(EVP_PKEY_CTX* context, const Digest& digest, std::size_t max_size) {
  std::string signature(max_size, '\0');
  std::size_t size = max_size;
  expect(EVP_PKEY_sign(context, raw(signature), &size, raw(digest), digest.size()),
         "EVP_PKEY_sign");
  signature.resize(size);
  return signature;
}

/// RFC 7518 §3.4: R and S as 32 bytes each.
std::string der_to_wire(std::string_view der) {
  const auto* at = raw(der);
  const auto parsed =
      expect(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), "d2i_ECDSA_SIG");
  std::string wire(es256_signature, '\0');
  constexpr int width = p256_coordinate;
  if (BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), raw(wire), width) != width ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), raw(wire) + width, width) != width)
    openssl_failed("BN_bn2binpad");
  return wire;
}

std::string wire_to_der(std::string_view wire) {
  constexpr int width = p256_coordinate;
  auto r = expect(BN_bin2bn(raw(wire), width, nullptr), "BN_bin2bn");
  auto s = expect(BN_bin2bn(raw(wire) + width, width, nullptr), "BN_bin2bn");
  const auto parsed = expect(ECDSA_SIG_new(), "ECDSA_SIG_new");
  expect(ECDSA_SIG_set0(parsed.get(), r.release(), s.release()), "ECDSA_SIG_set0");
  std::string der(max_der_signature, '\0');
  auto* out = raw(der);
  const int size = i2d_ECDSA_SIG(parsed.get(), &out);
  if (size <= 0) openssl_failed("i2d_ECDSA_SIG");
  der.resize(static_cast<std::size_t>(size));
  return der;
}

bool verify_digest(EVP_PKEY_CTX* context, std::string_view data, std::string_view signature) {
  const Digest digest = sha256(data);
  return EVP_PKEY_verify(context, raw(signature), signature.size(), raw(digest), digest.size()) ==
         1;
}

}  // namespace

std::string_view algorithm_name(Algorithm algorithm) {
  return std::ranges::find(names, algorithm, &std::pair<Algorithm, std::string_view>::first)
      ->second;
}

std::optional<Algorithm> algorithm_from_name(std::string_view name) {
  if (name == "Ed25519") return Algorithm::eddsa;
  const auto* found =
      std::ranges::find(names, name, &std::pair<Algorithm, std::string_view>::second);
  if (found == names.end()) return std::nullopt;
  return found->first;
}

PublicKey PublicKey::from_jwk_fields(Algorithm algorithm, const JwkFields& fields) {
  return PublicKey(std::make_shared<const State>(
      State{algorithm, fields, public_key_of(algorithm, fields), std::nullopt}));
}

PublicKey PublicKey::from_secret(const Secret& key) {
  const auto bytes = key.reveal();
  if (bytes.size() < hs256_min_key) throw KeyError("an HS256 key has at least 32 bytes");
  if (std::ranges::all_of(bytes, [&](char c) { return c == bytes.front(); }))
    throw KeyError("the HS256 key is a placeholder");
  return PublicKey(std::make_shared<const State>(
      State{Algorithm::hs256, {}, nullptr, HmacKey(as_bytes(bytes))}));
}

Algorithm PublicKey::algorithm() const {
  return state_->algorithm;
}

const JwkFields& PublicKey::jwk() const {
  if (state_->algorithm == Algorithm::hs256) throw KeyError("HS256 has no public key");
  return state_->jwk;
}

bool PublicKey::verify(std::string_view data, std::string_view signature) const {
  if (state_->hmac) return equal(as_bytes(signature), state_->hmac->sign(data));

  thread_local PerThread<Contexts> cache;
  const Contexts& contexts = cache.get(state_->id, [this] {
    return make_contexts(state_->algorithm, state_->key.get(), Use::verify);
  });
  bool good = false;
  switch (state_->algorithm) {
    case Algorithm::es256:
      good = signature.size() == es256_signature &&
             verify_digest(contexts.digest_context.get(), data, wire_to_der(signature));
      break;
    case Algorithm::rs256:
      good = verify_digest(contexts.digest_context.get(), data, signature);
      break;
    case Algorithm::eddsa:
      good = signature.size() == ed25519_signature &&
             EVP_DigestVerify(copy_of(contexts.message_context), raw(signature), signature.size(),
                              raw(data), data.size()) == 1;
      break;
    case Algorithm::hs256:
      break;
  }
  if (!good) clear_errors();
  return good;
}

std::string PrivateKey::sign(std::string_view data) const {
  const auto& public_state = *state_->public_half.state_;
  if (public_state.hmac) return std::string(as_text(public_state.hmac->sign(data)));

  thread_local PerThread<Contexts> cache;
  const Contexts& contexts = cache.get(state_->id, [&] {
    return make_contexts(public_state.algorithm, state_->key.get(), Use::sign);
  });
  if (public_state.algorithm == Algorithm::eddsa) {
    std::string signature(ed25519_signature, '\0');
    std::size_t size = signature.size();
    expect(EVP_DigestSign(copy_of(contexts.message_context), raw(signature), &size, raw(data),
                          data.size()),
           "EVP_DigestSign");
    return signature;
  }
  const bool rsa = public_state.algorithm == Algorithm::rs256;
  const auto max_size = rsa ? rsa_max_bits / 8 : max_der_signature;
  auto signature = sign_digest(contexts.digest_context.get(), sha256(data), max_size);
  return rsa ? signature : der_to_wire(signature);
}

}  // namespace gatehouse::crypto
