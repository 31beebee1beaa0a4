#include "audit/seal_store.h"

#include <algorithm>

#include "db/statement.h"

namespace gatehouse::audit::store {
namespace {

constexpr db::Statement take_lock{
    "audit_lock_seals",
    "SELECT pg_try_advisory_xact_lock(hashtext('gatehouse.audit_seals')) AS mine"};

// A statement of its own: its snapshot has to be taken after the lock.
constexpr db::Statement read_horizon{
    "audit_seal_horizon",
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, s.seq, s.tenant_id, s.seal"
    "  FROM (SELECT) one LEFT JOIN LATERAL"
    " (SELECT seq, tenant_id, seal FROM audit_seals ORDER BY seq DESC LIMIT 1) s ON true"};

#define XIDS                                                                        \
  "(SELECT xid FROM sys_audit_logs WHERE xid >= $1::text::xid8 AND xid < $2::text:" \
  ":xid8 ORDER BY xid"
constexpr db::Statement find_batch_end{"audit_seal_batch_end",
                                       "SELECT " XIDS " LIMIT 1)::text AS first, " XIDS
                                       " OFFSET $3::int LIMIT 1)::text AS next"};
#undef XIDS

constexpr db::Statement select_last_seals{
    "audit_last_seals",
    "SELECT t.id, s.seal FROM unnest($1::text[]) t (id), LATERAL"
    " (SELECT seal FROM audit_seals WHERE tenant_id = t.id ORDER BY seq DESC LIMIT 1) s"};

constexpr db::Statement insert_seal{
    "audit_insert_seal",
    "INSERT INTO audit_seals (seq, tenant_id, seal, to_at, row_ids, leaves)"
    " VALUES ($1, $2, $3, $4::timestamptz, $5::text[], $6)"};

constexpr db::Statement select_seals{
    "audit_seals_after",
    "SELECT seq, tenant_id, seal FROM audit_seals WHERE seq > $1 ORDER BY seq LIMIT $2::int"};

constexpr db::Statement select_seal{"audit_seal",
                                    "SELECT seq, tenant_id, seal FROM audit_seals WHERE seq = $1"};

constexpr db::Statement select_listed{"audit_seal_rows",
                                      "SELECT row_ids, leaves FROM audit_seals WHERE seq = $1"};

constexpr db::Statement select_beginning{
    "audit_begins", "SELECT to_char(audit_begins() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day"};

constexpr db::Statement count_unsealed{
    "audit_count_unsealed",
    "SELECT count(*) AS rows FROM sys_audit_logs WHERE xid >= $1::text::xid8"
    " AND ($2::text IS NULL OR coalesce(tenant_id, '') = $2)"};

StoredSeal seal_of(const db::Result& rows, int row) {
  return {rows.integer(row, "seq"), std::string(rows.text(row, "tenant_id")),
          std::string(rows.text(row, "seal"))};
}

}  // namespace

bool lock(db::Transaction& transaction) {
  return transaction.run(take_lock).boolean(0, "mine");
}

Horizon horizon(db::Transaction& transaction) {
  const db::Result rows = transaction.run(read_horizon);
  Horizon found{rows.integer(0, "horizon"), std::nullopt};
  if (!rows.is_null(0, "seq")) found.last = seal_of(rows, 0);
  return found;
}

std::int64_t batch_end(db::Transaction& transaction, std::int64_t from, std::int64_t horizon,
                       int rows) {
  const db::Result result = transaction.run(find_batch_end, {from, horizon, rows});
  if (result.is_null(0, "next")) return horizon;
  const std::int64_t next = result.integer(0, "next");
  // A transaction is never split, however many rows it wrote.
  return next == result.integer(0, "first") ? next + 1 : next;
}

std::map<std::string, std::string> last_seals(db::Transaction& transaction,
                                              const std::vector<std::string>& tenants) {
  const db::Result rows = transaction.run(select_last_seals, {db::array_literal(tenants)});
  std::map<std::string, std::string> seals;
  for (int row = 0; row < rows.rows(); ++row) {
    seals.emplace(rows.text(row, "id"), rows.text(row, "seal"));
  }
  return seals;
}

void insert(db::Transaction& transaction, const Seal& seal, const std::string& jws,
            const std::vector<std::string>& row_ids, const std::vector<crypto::Digest>& leaves,
            bool wait) {
  const std::string ids = db::array_literal(row_ids);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(leaves));
  const std::initializer_list<db::Param> params{seal.seq, seal.tenant_id, jws, seal.to_at,
                                                ids,      bytes};
  wait ? void(transaction.run(insert_seal, params)) : transaction.queue(insert_seal, params);
}

std::vector<StoredSeal> seals_after(db::Connection& connection, std::int64_t after, int limit) {
  const db::Result rows = connection.read(db::Scope::platform(), select_seals, {after, limit});
  std::vector<StoredSeal> seals;
  for (int row = 0; row < rows.rows(); ++row) seals.push_back(seal_of(rows, row));
  return seals;
}

std::optional<StoredSeal> find(db::Connection& connection, std::int64_t seq) {
  const db::Result rows = connection.read(db::Scope::platform(), select_seal, {seq});
  return rows.empty() ? std::nullopt : std::optional(seal_of(rows, 0));
}

Listed listed_rows(db::Connection& connection, std::int64_t seq) {
  const db::Result rows = connection.read(db::Scope::platform(), select_listed, {seq});
  Listed listed;
  if (rows.empty()) return listed;
  listed.ids = rows.texts(0, "row_ids");
  const Bytes bytes = rows.bytes(0, "leaves");
  for (std::size_t at = 0; at + sizeof(crypto::Digest) <= bytes.size();
       at += sizeof(crypto::Digest)) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), sizeof(crypto::Digest),
                listed.leaves.emplace_back().begin());
  }
  return listed;
}

std::string trail_begins(db::Connection& connection) {
  return std::string(connection.read(db::Scope::platform(), select_beginning).text(0, "day"));
}

std::int64_t count_from(db::Connection& connection, std::int64_t xid,
                        const std::optional<std::string>& tenant_id) {
  return connection.read(db::Scope::platform(), count_unsealed, {xid, db::Param(tenant_id)})
      .integer(0, "rows");
}

}  // namespace gatehouse::audit::store
