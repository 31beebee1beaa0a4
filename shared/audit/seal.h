#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "jose/jws.h"

namespace gatehouse::audit {

/// What a seal says of the rows of one tenant (or of the platform) and one day (of Row::at, in UTC)
/// that were written by the transactions from_xid <= xid < to_xid. Days are dropped whole when they
/// are old enough, so either all rows of a seal may be gone or none. All of those had ended when it
/// was made, so that no row can come to them any more.
///
/// A seal is a JWS (RFC 7515, compact; Ed25519, typ `audit-seal`) whose payload is this as JSON:
/// {"seq", "tenant_id" (null: the platform), "from_xid", "to_xid", "from_at", "to_at" (of its rows,
/// as Row::at), "rows", "root", "previous", "before", "sealed_at"}, hashes in hex.
///
/// Each run of the job covers the range that follows the run's before, and makes a seal for each
/// tenant and day with rows in it. `previous` chains the seals of one tenant, `before` all of them:
/// whoever knows the newest knows what all others must be.
struct Seal {
  std::int64_t seq = 0;   ///< 1, 2, 3 ... over all tenants
  std::string tenant_id;  ///< empty: the platform's
  std::int64_t from_xid = 0, to_xid = 0;
  std::string from_at, to_at;
  std::int64_t rows = 0;
  crypto::Digest root{};      ///< merkle_root over the rows' leaves, ordered by xid and id
  crypto::Digest previous{};  ///< seal_hash of this tenant's seal before; zeros for its first
  crypto::Digest before{};    ///< seal_hash of the seal seq - 1; zeros for the first
  std::string sealed_at;
  std::string kid;  ///< of the key that signed it, as open_seal() says

  /// Whether it may have rows within [from, to), both as Row::at; empty: no bound.
  bool touches(std::string_view from, std::string_view to) const {
    return to_at >= from && (to.empty() || from_at < to);
  }
  /// Of all its rows.
  std::string_view day() const { return std::string_view(from_at).substr(0, 10); }
};

/// Signs it; `key` must have been made with `seal_type`.
std::string sign_seal(const Seal& seal, const jose::SigningKey& key);
inline constexpr std::string_view seal_type = "audit-seal";

/// What the JWS says; none where it isn't one of a key of ours, or no seal.
std::optional<Seal> open_seal(std::string_view jws, const jose::KeySet& keys);

/// SHA-256 of the JWS as text.
crypto::Digest seal_hash(std::string_view jws);

}  // namespace gatehouse::audit
