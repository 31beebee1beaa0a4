#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/encoding.h"
#include "core/secret.h"
#include "core/time.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "jose/jwt.h"
#include "jose/proof.h"
#include "json/parse.h"

namespace {

using namespace gatehouse;  // NOLINT
using crypto::Algorithm;

const crypto::PrivateKey& secret_key() {
  static const auto key = crypto::PrivateKey::from_der(
      Algorithm::hs256, Secret("a fixed key, so that every run is alike"));
  return key;
}

/// The keys of RFC 7515 A.3 and RFC 8037 A.2, whose signatures no fuzzer makes, and one that signs
/// below.
const jose::KeySet& keys() {
  static const jose::KeySet set({
      {"hs", Algorithm::hs256, secret_key().public_key()},
      {"es", Algorithm::es256,
       crypto::PublicKey::from_jwk_fields(Algorithm::es256,
                                          {.kty = "EC",
                                           .crv = "P-256",
                                           .x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                           .y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})},
      {"ed", Algorithm::eddsa,
       crypto::PublicKey::from_jwk_fields(
           Algorithm::eddsa,
           {.kty = "OKP", .crv = "Ed25519", .x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})},
  });
  return set;
}

void check_claims(const jose::Verified& token) {
  const auto check = [&](std::string_view audience) {
    return jose::check_claims(token, {.typ = "at+jwt",
                                      .issuer = "i",
                                      .audience = audience,
                                      .now = from_unix_seconds(1'700'000'000)});
  };
  // What is good for one audience is good where the audience doesn't matter.
  if (!check("a") && check("")) std::abort();
}

void check_token(std::string_view token) {
  const auto result = jose::verify_compact(token, keys());
  if (!result) return;
  // Nobody has the other keys' private halves.
  if (result.token->kid != "hs" || !result.token->claims.is(json::Kind::object)) std::abort();
  if (token.size() > jose::max_token_bytes) std::abort();
  check_claims(*result.token);
  // One token has one spelling, so whatever differs in a byte is refused.
  std::string changed(token);
  changed[token.size() / 2] = static_cast<char>(changed[token.size() / 2] ^ 1);
  if (jose::verify_compact(changed, keys())) std::abort();
}

/// Whatever a token claims, that is one spelling of it or nothing.
void check_claimed_issuer(std::string_view token) {
  const std::string issuer = jose::claimed_issuer(token);
  const auto result = jose::verify_compact(token, keys());
  if (!result) return;
  const auto* iss = result.token->claims.find("iss");
  const bool text = iss != nullptr && iss->is(json::Kind::string);
  if (issuer != (text ? iss->as_string() : std::string())) std::abort();
}

void check_jwk(std::string_view text) {
  for (const auto algorithm :
       {Algorithm::es256, Algorithm::eddsa, Algorithm::rs256, Algorithm::hs256}) {
    try {
      const auto key = jose::from_jwk(json::parse(text), algorithm);
      const auto again = jose::from_jwk(json::parse(jose::to_jwk("k", key)), algorithm);
      if (jose::thumbprint(key) != jose::thumbprint(again)) std::abort();
    } catch (const json::ParseError&) {
    } catch (const crypto::KeyError&) {
    }
  }
}

void check_jwks(std::string_view text) {
  try {
    const auto keys = jose::from_jwks(json::parse(text), 16);
    // What was read reads back the same, so what is stored is what was checked.
    const jose::KeySet once(keys), twice(jose::from_jwks(json::parse(jose::jwks(keys)), 16));
    if (jose::jwks(once.keys()) != jose::jwks(twice.keys())) std::abort();
  } catch (const json::ParseError&) {
  } catch (const crypto::KeyError&) {
  }
}

const crypto::PrivateKey& proving_key() {
  static const auto key = crypto::PrivateKey::generate(Algorithm::eddsa);
  return key;
}

/// The line is what the header says beside its key.
void check_proof(std::string_view token, std::string_view line, std::string_view claims) {
  if (jose::verify_proof(token, "dpop+jwt")) std::abort();  // nobody has signed it
  const std::string header = R"({"typ":"dpop+jwt","alg":"EdDSA","jwk":)" +
                             jose::to_jwk("k", proving_key().public_key()) + std::string(line) +
                             "}";
  const std::string proof =
      jose::sign_compact(to_base64url(as_bytes(header)), claims, proving_key());
  if (jose::verify_compact(proof, keys())) std::abort();
  const auto proven = jose::verify_proof(proof, "dpop+jwt");
  if (proven && proven->thumbprint != jose::thumbprint(proving_key().public_key())) std::abort();
}

}  // namespace

// The bytes as a token; as header and claims (split at the first line end), rightly signed, since
// signature and base64url hide them from the fuzzer; and as a JWK, a JWK Set and the rest of a
// proof.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_token(text);
  check_claimed_issuer(text);
  const auto line = text.substr(0, text.find('\n'));
  const auto rest = text.substr(std::min(line.size() + 1, text.size()));
  const auto signed_token = jose::sign_compact(to_base64url(as_bytes(line)), rest, secret_key());
  check_token(signed_token);
  check_claimed_issuer(signed_token);
  check_jwk(text);
  check_jwks(text);
  check_proof(text, line, rest);
  return 0;
}
