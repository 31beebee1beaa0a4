#include "jose/proof.h"

#include <utility>

#include "jose/compact.h"
#include "jose/jwk.h"

namespace gatehouse::jose {

std::optional<Proof> verify_proof(std::string_view token, std::string_view typ) {
  const auto parts = take_apart(token, EmbeddedKey::allowed);
  const Compact* compact = std::get_if<Compact>(&parts);
  if (compact == nullptr || compact->header.typ != typ || !compact->jwk) return std::nullopt;
  try {
    const crypto::PublicKey key = from_jwk(*compact->jwk, compact->algorithm);
    Result result = verify(*compact, compact->header.kid, key);
    if (!result) return std::nullopt;
    return Proof{thumbprint(key), std::move(result.token->claims)};
  } catch (const crypto::KeyError&) {
    return std::nullopt;
  }
}

}  // namespace gatehouse::jose
