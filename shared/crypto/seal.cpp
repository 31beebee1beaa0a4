#include "crypto/seal.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/random.h"
#include "crypto/handles.h"
#include "crypto/keyring.h"

namespace gatehouse::crypto {
namespace {

constexpr std::byte version{1};
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
// EVP counts in int, and what is sealed here is keys and answers.
constexpr std::size_t max_bytes = std::size_t{16} << 20;

const EVP_CIPHER* method() {
  // Never freed, see sha256_method().
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  if (cipher == nullptr) openssl_failed("EVP_CIPHER_fetch");
  return cipher;
}

const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

void append(Bytes& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Key and nonce are set, the head and the caller's data authenticated: next comes the text.
Handle<EVP_CIPHER_CTX> begin(bool encrypt, std::string_view key, std::span<const std::byte> nonce,
                             std::span<const std::byte> head, std::string_view associated_data) {
  auto context = expect(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new");
  expect(EVP_CipherInit_ex2(context.get(), method(), raw(as_bytes(key)), raw(nonce),
                            encrypt ? 1 : 0, nullptr),
         "EVP_CipherInit_ex2");
  int written = 0;
  for (const auto part : {head, as_bytes(associated_data)})
    if (!part.empty())
      expect(EVP_CipherUpdate(context.get(), nullptr, &written, raw(part),
                              static_cast<int>(part.size())),
             "EVP_CipherUpdate");
  return context;
}

[[noreturn]] void refuse() {
  throw SealError("the sealed bytes are damaged, or belong elsewhere, or to a key that is gone");
}

}  // namespace

Bytes seal_with(const SealKey& key, std::string_view plain, std::string_view associated_data) {
  if (plain.size() > max_bytes || associated_data.size() > max_bytes)
    throw std::length_error("more than 16 MiB cannot be sealed at once");
  Bytes sealed{version, static_cast<std::byte>(key.id.size())};
  append(sealed, as_bytes(key.id));
  const auto head = sealed.size();
  sealed.resize(head + nonce_bytes + plain.size() + tag_bytes);
  const std::span all(sealed);
  const auto nonce = all.subspan(head, nonce_bytes);
  random_bytes(nonce);

  const auto context = begin(true, key.key.reveal(), nonce, all.first(head), associated_data);
  auto* out = reinterpret_cast<unsigned char*>(nonce.data()) + nonce_bytes;
  int written = 0;
  if (!plain.empty())
    expect(EVP_CipherUpdate(context.get(), out, &written, raw(as_bytes(plain)),
                            static_cast<int>(plain.size())),
           "EVP_CipherUpdate");
  out += plain.size();
  expect(EVP_CipherFinal_ex(context.get(), out, &written), "EVP_CipherFinal_ex");
  expect(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, out), "AEAD_GET_TAG");
  return sealed;
}

Secret open_with(std::span<const SealKey> keys, std::span<const std::byte> sealed,
                 std::string_view associated_data) {
  if (sealed.size() < 2 || sealed.size() > 2 * max_bytes || sealed[0] != version) refuse();
  if (associated_data.size() > max_bytes) refuse();
  const auto head = 2 + std::to_integer<std::size_t>(sealed[1]);
  if (sealed.size() < head + nonce_bytes + tag_bytes) refuse();
  const auto id = as_text(sealed.subspan(2, head - 2));
  const auto key = std::ranges::find(keys, id, &SealKey::id);
  if (key == keys.end()) refuse();

  const auto nonce = sealed.subspan(head, nonce_bytes);
  const auto text =
      sealed.subspan(head + nonce_bytes, sealed.size() - head - nonce_bytes - tag_bytes);
  const auto tag = sealed.last(tag_bytes);
  const auto context = begin(false, key->key.reveal(), nonce, sealed.first(head), associated_data);
  std::string plain(text.size(), '\0');
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  int written = 0;
  if (!text.empty())
    expect(EVP_CipherUpdate(context.get(), out, &written, raw(text), static_cast<int>(text.size())),
           "EVP_CipherUpdate");
  // OpenSSL only reads the tag here, but its signature is one for both directions.
  expect(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes,
                             const_cast<unsigned char*>(raw(tag))),
         "AEAD_SET_TAG");
  unsigned char rest[16];
  if (EVP_CipherFinal_ex(context.get(), rest, &written) != 1) {
    clear_errors();
    wipe(plain);
    refuse();
  }
  return Secret(std::move(plain));
}

}  // namespace gatehouse::crypto
