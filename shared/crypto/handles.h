#pragma once

#include <memory>
#include <string_view>

struct bignum_st;
struct bio_st;
struct ECDSA_SIG_st;
struct evp_cipher_ctx_st;
struct evp_kdf_ctx_st;
struct evp_mac_ctx_st;
struct evp_md_ctx_st;
struct evp_md_st;
struct evp_pkey_ctx_st;
struct evp_pkey_st;
struct ossl_param_bld_st;
struct ossl_param_st;
struct pkcs8_priv_key_info_st;
struct stack_st_GENERAL_NAME;
struct x509_st;

namespace gatehouse::crypto {

/// Frees any OpenSSL handle that this room uses. Private keys are wiped by OpenSSL itself.
struct Free {
  void operator()(bignum_st* handle) const noexcept;
  void operator()(bio_st* handle) const noexcept;
  void operator()(ECDSA_SIG_st* handle) const noexcept;
  void operator()(evp_cipher_ctx_st* handle) const noexcept;
  void operator()(evp_kdf_ctx_st* handle) const noexcept;
  void operator()(evp_mac_ctx_st* handle) const noexcept;
  void operator()(evp_md_ctx_st* handle) const noexcept;
  void operator()(evp_pkey_ctx_st* handle) const noexcept;
  void operator()(evp_pkey_st* handle) const noexcept;
  void operator()(ossl_param_bld_st* handle) const noexcept;
  void operator()(ossl_param_st* handle) const noexcept;
  void operator()(pkcs8_priv_key_info_st* handle) const noexcept;
  void operator()(stack_st_GENERAL_NAME* handle) const noexcept;
  void operator()(x509_st* handle) const noexcept;
};

template <class Type>
using Handle = std::unique_ptr<Type, Free>;

/// SHA-256, fetched once: an implicit fetch costs more than the hash of a short text.
const evp_md_st* sha256_method();

/// Forgets what OpenSSL noted about this thread's last failure.
void clear_errors() noexcept;

/// Throws std::runtime_error for a call that cannot fail with sane arguments (no memory, no
/// provider). Names the call and OpenSSL's reason.
[[noreturn]] void openssl_failed(std::string_view call);

/// Every OpenSSL function used here answers 1 for success.
inline void expect(int result, std::string_view call) {
  if (result != 1) openssl_failed(call);
}

template <class Type>
Handle<Type> expect(Type* handle, std::string_view call) {
  if (handle == nullptr) openssl_failed(call);
  return Handle<Type>(handle);
}

}  // namespace gatehouse::crypto
