#include "tokens/request.h"

#include "tokens/errors.h"

namespace gatehouse::tokens {

TokenRequest read_token_request(Form& form) {
  const std::string grant_type = form.take("grant_type");
  if (grant_type.empty()) throw Failure(errors::grant_type_required);
  if (grant_type != "client_credentials") throw Failure(errors::unsupported_grant_type);
  return {.scope = form.take("scope"),
          .resource = form.take("resource"),
          .audience = form.take("audience")};
}

}  // namespace gatehouse::tokens
