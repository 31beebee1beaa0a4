#include "auth/principal.h"

#include "auth/scopes.h"

namespace gatehouse::auth {

std::string_view credential_name(Credential credential) {
  switch (credential) {
    case Credential::public_key:
      return "public_key";
    case Credential::secret_key:
      return "secret_key";
    case Credential::user_token:
      return "user";
    case Credential::service_token:
      return "service";
    case Credential::none:
      break;
  }
  return "";
}

bool Principal::has_scope(std::string_view scope) const {
  return covering(scopes, scope) != nullptr;
}

const std::string& Principal::id() const {
  if (!client_id.empty()) return client_id;  // also where it acts for a user
  if (!user_id.empty()) return user_id;
  return key_id;
}

}  // namespace gatehouse::auth
