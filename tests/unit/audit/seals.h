#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "audit/chain.h"
#include "audit/merkle.h"
#include "audit/seal.h"
#include "jose/jwk.h"

namespace gatehouse::audit {

/// A key that seals, and a second one of somebody else.
struct Signer {
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::Algorithm::eddsa);
  std::string kid = jose::make_kid(key.public_key());
  jose::SigningKey signing{kid, key, {std::string(seal_type), "JWT"}};
  jose::KeySet verifying{{{kid, crypto::Algorithm::eddsa, key.public_key()}}};
};

/// A row with that id; `what` makes it another.
inline Row row(const std::string& id, const std::string& tenant, std::int64_t xid,
               const std::string& what = "a.b") {
  return {id, tenant, "2024-01-01T00:00:00.000000Z", xid,
          R"({"id":")" + id + R"(","event":")" + what + "\"}"};
}

inline std::vector<crypto::Digest> leaves_of(const std::vector<Row>& rows) {
  std::vector<crypto::Digest> leaves;
  for (const Row& one : rows) leaves.push_back(one.leaf());
  return leaves;
}

/// Makes seals that continue each other, one batch each.
struct Sealed {
  Signer signer;
  std::vector<store::StoredSeal> stored;
  std::vector<Seal> seals;

  void add(const std::string& tenant, const std::vector<Row>& rows) {
    Seal seal;
    seal.seq = std::ssize(stored) + 1;
    seal.tenant_id = tenant;
    seal.from_xid = stored.empty() ? 0 : seals.back().to_xid;
    seal.to_xid = seal.from_xid + 10;
    seal.from_at = seal.to_at = "2024-01-01T00:00:00.000000Z";
    seal.rows = std::ssize(rows);
    seal.root = merkle_root(leaves_of(rows));
    if (!stored.empty()) seal.before = seal_hash(stored.back().jws);
    for (std::size_t index = 0; index < stored.size(); ++index) {
      if (stored[index].tenant_id == tenant) seal.previous = seal_hash(stored[index].jws);
    }
    seal.sealed_at = "2024-01-02T00:00:00Z";
    seals.push_back(seal);
    stored.push_back({seal.seq, tenant, sign_seal(seal, signer.signing)});
  }

  /// What a chain over these says.
  std::vector<std::string> findings(const std::vector<store::StoredSeal>& some,
                                    Chain::Part part = Chain::Part::whole) const {
    Findings found;
    Chain chain(signer.verifying, part);
    for (const auto& seal : some) chain.next(seal, found);
    return found.texts();
  }
};

}  // namespace gatehouse::audit
