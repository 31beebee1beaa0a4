#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdint>
#include <string>

#include "core/encoding.h"
#include "core/secret.h"
#include "crypto/handles.h"
#include "crypto/per_thread.h"

namespace gatehouse::crypto {
namespace {

unsigned char* raw(Digest& digest) {
  return reinterpret_cast<unsigned char*>(digest.data());
}

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

EVP_MAC* hmac_method() {
  // Never freed, see sha256_method().
  static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  if (method == nullptr) openssl_failed("EVP_MAC_fetch");
  return method;
}

Handle<EVP_MAC_CTX> hmac_context(std::string_view key) {
  auto context = expect(EVP_MAC_CTX_new(hmac_method()), "EVP_MAC_CTX_new");
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  expect(EVP_MAC_init(context.get(), raw(key), key.size(), parameters), "EVP_MAC_init");
  return context;
}

}  // namespace

Digest sha256(std::span<const std::byte> data) {
  thread_local const auto context = expect(EVP_MD_CTX_new(), "EVP_MD_CTX_new");
  Digest digest;
  expect(EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr), "EVP_DigestInit_ex2");
  expect(EVP_DigestUpdate(context.get(), data.data(), data.size()), "EVP_DigestUpdate");
  expect(EVP_DigestFinal_ex(context.get(), raw(digest), nullptr), "EVP_DigestFinal_ex");
  return digest;
}

Digest sha256(std::string_view text) {
  return sha256(as_bytes(text));
}

bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool equal(std::string_view a, std::string_view b) {
  return equal(as_bytes(a), as_bytes(b));
}

struct HmacKey::State {
  explicit State(std::span<const std::byte> bytes) : key(std::string(as_text(bytes))) {}
  const Secret key;
  const std::uint64_t id = next_key_id();
};

HmacKey::HmacKey(std::span<const std::byte> key) : state_(std::make_shared<const State>(key)) {}

Digest HmacKey::sign(std::string_view data) const {
  thread_local PerThread<Handle<EVP_MAC_CTX>> contexts;
  EVP_MAC_CTX* context =
      contexts.get(state_->id, [this] { return hmac_context(state_->key.reveal()); }).get();
  Digest digest;
  std::size_t written = 0;
  // Without a key OpenSSL goes back to the one that the context has: no key schedule, no fetch.
  expect(EVP_MAC_init(context, nullptr, 0, nullptr), "EVP_MAC_init");
  expect(EVP_MAC_update(context, raw(data), data.size()), "EVP_MAC_update");
  expect(EVP_MAC_final(context, raw(digest), &written, digest.size()), "EVP_MAC_final");
  return digest;
}

}  // namespace gatehouse::crypto
