#include "auth/revocations.h"

#include <algorithm>
#include <chrono>
#include <mutex>

namespace gatehouse::auth {
namespace {

using namespace std::chrono_literals;

constexpr int page = 20000;
constexpr auto after_the_end = 1min;  // by when no clock believes the token any more

constexpr db::Statement read_revoked{
    "auth_read_revoked_tokens",
    "SELECT jti, expires_at, epoch FROM revoked_tokens"
    " WHERE epoch > $1::bigint AND expires_at > now() - interval '1 minute'"
    " ORDER BY epoch LIMIT $2::int"};

}  // namespace

Revocations::Revocations(EpochWatch& epochs) : epochs_(epochs), key_(SipHash::random_key()) {}

bool Revocations::contains(std::string_view jti, db::Connection& connection, Time now) {
  const std::int64_t epoch = epochs_.of(Topic::revoked_tokens);
  const auto known = [&] { return !ends_.empty() && ends_.contains(key_of(jti)); };
  {
    std::shared_lock lock(mutex_);
    if (epoch_ >= epoch) return known();
  }
  std::lock_guard lock(mutex_);
  if (epoch_ < epoch) read_news(connection, epoch, now);
  return known();
}

std::size_t Revocations::size() const {
  std::shared_lock lock(mutex_);
  return ends_.size();
}

void Revocations::read_news(db::Connection& connection, std::int64_t epoch, Time now) {
  if (now - swept_ > after_the_end) {
    std::erase_if(ends_, [&](const auto& entry) { return entry.second + after_the_end < now; });
    swept_ = now;
  }
  for (int rows = page; rows == page;) {
    const db::Result news = connection.read(db::Scope::none(), read_revoked, {epoch_, page});
    rows = news.rows();
    for (int row = 0; row < rows; ++row) {
      ends_.insert_or_assign(key_of(news.text(row, "jti")), news.time(row, "expires_at"));
    }
    if (rows > 0) epoch_ = news.integer(rows - 1, "epoch");
  }
  epoch_ = std::max(epoch_, epoch);
}

}  // namespace gatehouse::auth
