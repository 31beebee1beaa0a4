#include "idempotency/records.h"

#include <algorithm>
#include <initializer_list>

#include "core/encoding.h"
#include "idempotency/errors.h"

namespace gatehouse::idempotency {
namespace {

constexpr std::size_t longest_key = 255;
constexpr std::size_t shortest_key_of_a_stranger = 16;

constexpr db::Statement begin_attempt{
    "idempotency_begin",
    "SELECT state, fingerprint, status, answer_sealed FROM idempotency_claim($1, $2)"};

// The row of an expired key is taken over; one that is not expired cannot be there, since the claim
// looked.
constexpr db::Statement keep_answer{
    "idempotency_keep",
    "INSERT INTO idempotency_records (id, fingerprint, status, answer_sealed, created_at, "
    "expires_at)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,"
    " answer_sealed = excluded.answer_sealed, created_at = excluded.created_at,"
    " expires_at = excluded.expires_at, kept_by = excluded.kept_by"};

bool printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

/// Nobody who has shown a secret: a public key is known to everybody.
bool is_stranger(const auth::Principal& caller) {
  return caller.is(auth::Credential::none) || caller.is(auth::Credential::public_key);
}

void check_key(const Attempt& attempt) {
  const std::string_view key = attempt.key;
  if (key.empty() || key.size() > longest_key || !std::ranges::all_of(key, printable)) {
    throw Failure(errors::key_invalid);
  }
  if (is_stranger(attempt.caller) && key.size() < shortest_key_of_a_stranger) {
    throw Failure(errors::key_guessable);
  }
}

}  // namespace

Claim Records::claim(const Attempt& attempt) const {
  check_key(attempt);
  const auth::Principal& caller = attempt.caller;
  const std::string kind = std::to_string(static_cast<unsigned>(caller.credential));
  return {.id = hash_.sign(concatenated({"id", caller.tenant_id, kind, caller.id(), caller.user_id,
                                         is_stranger(caller) ? attempt.remote_address : "",
                                         attempt.method, attempt.route, attempt.key})),
          .fingerprint = hash_.sign(concatenated(
              {"request", attempt.method, attempt.path, attempt.query, attempt.body}))};
}

std::optional<Kept> Records::begin(db::Transaction& transaction, const Claim& claim,
                                   Time now) const {
  const db::Result row = transaction.run(begin_attempt, {claim.id, now});
  const std::string_view state = row.text(0, "state");
  if (state == "running") throw Failure(errors::in_progress).retry_after(std::chrono::seconds(1));
  if (state == "free") return std::nullopt;
  if (!crypto::equal(row.bytes(0, "fingerprint"), claim.fingerprint)) {
    throw Failure(errors::key_reused);
  }
  const Secret body = keyring_.open(row.bytes(0, "answer_sealed"), as_text(claim.id));
  return Kept{static_cast<int>(row.integer(0, "status")), std::string(body.reveal())};
}

void Records::keep(db::Transaction& transaction, const Claim& claim, const Kept& answer,
                   Time now) const {
  transaction.queue(keep_answer,
                    {claim.id, claim.fingerprint, answer.status,
                     keyring_.seal(answer.body, as_text(claim.id)), now, now + retention_});
}

}  // namespace gatehouse::idempotency
