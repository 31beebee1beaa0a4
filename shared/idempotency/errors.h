#pragma once

#include "core/error.h"

namespace gatehouse::idempotency::errors {

inline constexpr ErrorKind key_required{400, "idempotency_key_required",
                                        "the header Idempotency-Key is required",
                                        "Send a new random key (a UUID, say) with each request, "
                                        "and the same one with each resend of it."};
inline constexpr ErrorKind key_invalid{
    400, "idempotency_key_invalid", "Idempotency-Key must be 1 to 255 printable ASCII characters",
    "Send a random key, a UUID for example."};
inline constexpr ErrorKind key_guessable{
    400, "idempotency_key_guessable",
    "without a secret credential, Idempotency-Key must have at least 16 characters",
    "Send a UUID: whoever guesses the key of a request that proves nothing could get its answer."};
inline constexpr ErrorKind key_reused{409, "idempotency_key_reused",
                                      "this Idempotency-Key came with another request before",
                                      "Send a new Idempotency-Key with each new request; only a "
                                      "resend of the same request takes the same key."};
inline constexpr ErrorKind in_progress{
    409, "idempotency_in_progress", "a request with this Idempotency-Key is still running",
    "Send the same request again after the seconds that Retry-After names."};

}  // namespace gatehouse::idempotency::errors
