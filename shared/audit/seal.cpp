#include "audit/seal.h"

#include <algorithm>

#include "core/encoding.h"
#include "json/write.h"

namespace gatehouse::audit {
namespace {

std::optional<crypto::Digest> digest_of(std::string_view hex) {
  const auto bytes = from_hex(hex);
  crypto::Digest digest;
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

/// Reads members of the payload; `good` stays true while they are there and of their type.
struct Reader {
  const json::Value& object;
  bool good = true;

  std::int64_t integer(std::string_view name) {
    const json::Value* member = object.find(name);
    const auto value = member == nullptr ? std::nullopt : member->as_integer();
    good &= value.has_value();
    return value.value_or(0);
  }
  std::string text(std::string_view name, bool may_be_null = false) {
    const json::Value* member = object.find(name);
    if (may_be_null && member != nullptr && member->is(json::Kind::null)) return {};
    good &= member != nullptr && member->is(json::Kind::string);
    return good ? member->as_string() : std::string();
  }
  crypto::Digest digest(std::string_view name) {
    const auto value = digest_of(text(name));
    good &= value.has_value();
    return value.value_or(crypto::Digest{});
  }
};

}  // namespace

std::string sign_seal(const Seal& seal, const jose::SigningKey& key) {
  json::Writer out;
  out.begin_object().member("seq", seal.seq).key("tenant_id");
  seal.tenant_id.empty() ? out.null() : out.string(seal.tenant_id);
  out.member("from_xid", seal.from_xid)
      .member("to_xid", seal.to_xid)
      .member("from_at", seal.from_at)
      .member("to_at", seal.to_at)
      .member("rows", seal.rows)
      .member("root", to_hex(seal.root))
      .member("previous", to_hex(seal.previous))
      .member("before", to_hex(seal.before))
      .member("sealed_at", seal.sealed_at)
      .end_object();
  return jose::sign_compact(key.encoded_header(seal_type), out.text(), key.key);
}

std::optional<Seal> open_seal(std::string_view jws, const jose::KeySet& keys) {
  const jose::Result result = jose::verify_compact(jws, keys);
  if (!result || result.token->typ != seal_type) return std::nullopt;
  Reader read{result.token->claims};
  Seal seal{.seq = read.integer("seq"),
            .tenant_id = read.text("tenant_id", true),
            .from_xid = read.integer("from_xid"),
            .to_xid = read.integer("to_xid"),
            .from_at = read.text("from_at"),
            .to_at = read.text("to_at"),
            .rows = read.integer("rows"),
            .root = read.digest("root"),
            .previous = read.digest("previous"),
            .before = read.digest("before"),
            .sealed_at = read.text("sealed_at"),
            .kid = result.token->kid};
  if (!read.good) return std::nullopt;
  return seal;
}

crypto::Digest seal_hash(std::string_view jws) {
  return crypto::sha256(jws);
}

}  // namespace gatehouse::audit
