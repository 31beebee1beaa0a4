#include "auth/epoch.h"

#include <string_view>

namespace gatehouse::auth {
namespace {

constexpr db::Statement read_epochs{"auth_read_epochs", "SELECT topic, value FROM epochs"};
constexpr std::array<std::string_view, 5> topic_names{"clients", "tenant_keys", "signing_keys",
                                                      "revoked_tokens", "gate_routes"};

}  // namespace

void EpochWatch::refresh(db::Connection& connection) {
  const auto began = Steady::now();
  const db::Result rows = connection.read(db::Scope::none(), read_epochs);
  for (int row = 0; row < rows.rows(); ++row) {
    for (std::size_t i = 0; i < topic_names.size(); ++i) {
      if (rows.text(row, "topic") != topic_names[i]) continue;
      values_[i].store(rows.integer(row, "value"), std::memory_order_release);
    }
  }
  confirmed_.store(began.time_since_epoch().count(), std::memory_order_release);
}

bool EpochWatch::fresh() const {
  const Steady::time_point confirmed{Steady::duration{confirmed_.load(std::memory_order_acquire)}};
  return Steady::now() - confirmed < max_stale_;
}

void EpochWatch::ensure_fresh(db::Connection& connection) {
  if (fresh()) return;
  std::lock_guard lock(refreshing_);  // one reader; the others then find it fresh
  if (!fresh()) refresh(connection);
}

}  // namespace gatehouse::auth
