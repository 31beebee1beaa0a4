#include "core/error.h"

namespace gatehouse {

Failure::Failure(const ErrorKind& kind)
    : status_(kind.status), code_(kind.code), error_(kind.error), next_step_(kind.next_step) {}

Failure::Failure(int status, std::string code, std::string error, std::string next_step)
    : status_(status),
      code_(std::move(code)),
      error_(std::move(error)),
      next_step_(std::move(next_step)) {}

}  // namespace gatehouse
