#pragma once

#include "fcgi/program.h"
#include "http/call.h"
#include "tokens/client_authentication.h"
#include "tokens/issue.h"

namespace gatehouse::tokens {

/// What the handlers share; it lives as long as the table.
struct Desk {
  explicit Desk(fcgi::Platform& the_platform)
      : platform(the_platform),
        clients(platform),
        mint{platform.authenticator.issuer(), platform.journals, platform.authenticator.usage()} {}

  fcgi::Platform& platform;
  ClientAuthentication clients;
  Mint mint;
};

/// The keys of the issuer that the path names: of the tenant in `/t/:tenant/...`, else the
/// platform's. Throws Failure 404 where the tenant has none of its own.
auth::SigningKeys::Pointer keys_of(Desk& desk, http::Call& call);

/// The same of an issuer whose tokens there are: one that was closed has keys until its last token
/// has expired, and no more than that.
auth::SigningKeys::Pointer issuer_of(Desk& desk, http::Call& call);

/// Who asks whom.
struct Visit {
  Clients::Pointer client;
  auth::SigningKeys::Pointer issuer;
};

/// The client that the request comes from (ClientAuthentication), and the issuer that it goes to. A
/// tenant's issuer knows only the clients that are bound to this tenant, and says of all others
/// what it says of unknown ones.
Visit client_of(Desk& desk, http::Call& call, Form& form);

}  // namespace gatehouse::tokens
