#include "crypto/handles.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <string>

namespace gatehouse::crypto {

void Free::operator()(bignum_st* handle) const noexcept {
  BN_clear_free(handle);
}
void Free::operator()(bio_st* handle) const noexcept {
  BIO_free(handle);
}
void Free::operator()(ECDSA_SIG_st* handle) const noexcept {
  ECDSA_SIG_free(handle);
}
void Free::operator()(evp_cipher_ctx_st* handle) const noexcept {
  EVP_CIPHER_CTX_free(handle);
}
void Free::operator()(evp_kdf_ctx_st* handle) const noexcept {
  EVP_KDF_CTX_free(handle);
}
void Free::operator()(evp_mac_ctx_st* handle) const noexcept {
  EVP_MAC_CTX_free(handle);
}
void Free::operator()(evp_md_ctx_st* handle) const noexcept {
  EVP_MD_CTX_free(handle);
}
void Free::operator()(evp_pkey_ctx_st* handle) const noexcept {
  EVP_PKEY_CTX_free(handle);
}
void Free::operator()(evp_pkey_st* handle) const noexcept {
  EVP_PKEY_free(handle);
}
void Free::operator()(ossl_param_bld_st* handle) const noexcept {
  OSSL_PARAM_BLD_free(handle);
}
void Free::operator()(ossl_param_st* handle) const noexcept {
  OSSL_PARAM_free(handle);
}
void Free::operator()(pkcs8_priv_key_info_st* handle) const noexcept {
  PKCS8_PRIV_KEY_INFO_free(handle);
}
void Free::operator()(stack_st_GENERAL_NAME* handle) const noexcept {
  GENERAL_NAMES_free(handle);
}
void Free::operator()(x509_st* handle) const noexcept {
  X509_free(handle);
}

const evp_md_st* sha256_method() {
  // Never freed: threads may still hash while the process runs its exit handlers.
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (method == nullptr) openssl_failed("EVP_MD_fetch");
  return method;
}

void clear_errors() noexcept {
  ERR_clear_error();
}

void openssl_failed(std::string_view call) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  throw std::runtime_error(std::string(call) +
                           " failed: " + (reason != nullptr ? reason : "no reason given"));
}

}  // namespace gatehouse::crypto
