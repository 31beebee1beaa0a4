#pragma once

#include <string>
#include <string_view>

#include "core/encoding.h"
#include "crypto/signing.h"
#include "jose/jws.h"

namespace gatehouse::jose::test {

inline std::string encode(std::string_view text) {
  return to_base64url(as_bytes(text));
}

/// A token with this header text, rightly signed by `key`, whatever the header says.
inline std::string signed_token(std::string_view header, std::string_view payload,
                                const crypto::PrivateKey& key) {
  return sign_compact(encode(header), payload, key);
}

/// One key of each quick kind, by the ids "es", "ed" and "hs".
struct Keys {
  crypto::PrivateKey es = crypto::PrivateKey::generate(crypto::Algorithm::es256);
  crypto::PrivateKey ed = crypto::PrivateKey::generate(crypto::Algorithm::eddsa);
  crypto::PrivateKey hs = crypto::PrivateKey::generate(crypto::Algorithm::hs256);
  KeySet set{{{"es", crypto::Algorithm::es256, es.public_key()},
              {"ed", crypto::Algorithm::eddsa, ed.public_key()},
              {"hs", crypto::Algorithm::hs256, hs.public_key()}}};
};

}  // namespace gatehouse::jose::test
