#include "tenants/statistics.h"

#include "tenants/errors.h"
#include "tenants/store.h"

namespace gatehouse::tenants {

Statistics tenant_statistics(db::Connection& connection, std::string_view tenant_id, int days,
                             Time now) {
  const Time since = std::chrono::floor<std::chrono::days>(now) - std::chrono::days(days - 1);
  auto statistics = store::statistics(connection, tenant_id, since, now);
  if (!statistics) throw Failure(errors::tenant_not_found);
  return *std::move(statistics);
}

}  // namespace gatehouse::tenants
