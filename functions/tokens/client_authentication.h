#pragma once

#include <string>
#include <string_view>

#include "auth/used_once.h"
#include "core/secret.h"
#include "fcgi/program.h"
#include "http/call.h"
#include "tokens/client_credentials.h"
#include "tokens/clients.h"
#include "tokens/form.h"
#include "tokens/key_fetcher.h"
#include "tokens/remote_keys.h"

namespace gatehouse::tokens {

/// Tells which client a request comes from, for every route of Access::client_secret(). Start here:
///
///     Form form(call.request.body);
///     const auto client = client_of(desk, call, form);
///
/// (desk.h), which authenticates it to the issuer that the path names.
/// What comes back is active and has been counted against its limits; there is nothing more to
/// check. One for each process, thread-safe.
class ClientAuthentication {
 public:
  explicit ClientAuthentication(fcgi::Platform& platform)
      : clients_(platform.settings, platform.keyring, platform.authenticator),
        used_(platform.authenticator.used_once()),
        guard_(platform.settings),
        published_([this](const std::string& url,
                          RemoteKeys::Done done) { fetcher_.get(url, std::move(done)); },
                   remembered_urls),
        fetcher_(guard_) {}

  /// By what form, Authorization header and connection show (RFC 6749 §2.3, RFC 7523, RFC 8705) to
  /// the issuer that is asked, which an assertion has to be for; takes the parameters of client
  /// authentication out of the form. Never null. Throws Failure 400
  /// where the client authenticates in two ways, 401 `invalid_client` with a challenge where it is
  /// unknown, disabled or not who it says (which of them is not said), 429, 503 while its keys are
  /// being fetched; db::Unavailable.
  Clients::Pointer authenticate(http::Call& call, Form& form, std::string_view issuer);

  /// By id and secret that came in another form. Throws as above, without the challenge of Basic.
  Clients::Pointer authenticate(http::Call& call, std::string_view client_id, const Secret& secret);

 private:
  Clients::Pointer by_assertion(http::Call& call, const ClientCredentials& shown,
                                std::string_view issuer);
  Clients::Pointer by_certificate(http::Call& call, const ClientCredentials& shown);
  Clients::Pointer by_secret(http::Call& call, const ClientCredentials& shown);

  static constexpr std::size_t remembered_urls = 4096;
  Clients clients_;
  auth::UsedOnce& used_;
  const egress::Guard guard_;
  RemoteKeys published_;
  KeyFetcher fetcher_;  ///< ends first
};

}  // namespace gatehouse::tokens
