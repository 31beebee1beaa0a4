#include "tokens/remote_keys.h"

#include <exception>
#include <utility>

#include "jose/jwk.h"
#include "json/parse.h"
#include "tokens/key_fetcher.h"

namespace gatehouse::tokens {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_keys = 64;
/// Epochs say when our own rows change; other people's servers know none.
constexpr std::int64_t no_epoch = 0;

std::shared_ptr<const jose::KeySet> no_keys() {
  static const auto none = std::make_shared<const jose::KeySet>();
  return none;
}

std::shared_ptr<const jose::KeySet> parse(const std::string& url, const std::string& text) {
  try {
    return std::make_shared<const jose::KeySet>(jose::from_jwks(json::parse(text), most_keys));
  } catch (const std::exception& error) {
    log_key_failure(url, error.what());
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const jose::KeySet> RemoteKeys::find(const std::string& url, std::string_view kid,
                                                     Time now) {
  Pointer known = cache_.find(url, no_epoch);
  const bool serves = known && known->has(kid) && now - known->fetched < fresh;
  if (!serves && (!known || now - known->tried >= pause)) {
    const std::unique_lock one(waiting_, std::try_to_lock);
    ask(url, now);
    if (one) wait_for(url);
    known = cache_.find(url, no_epoch);
  }
  const bool usable = known && now - known->fetched < stale;
  if (usable && known->has(kid)) return known->keys;
  if (!known || is_under_way(url)) return nullptr;
  return usable ? known->keys : no_keys();
}

void RemoteKeys::ask(const std::string& url, Time now) {
  {
    const std::lock_guard lock(mutex_);
    const Pointer known = cache_.find(url, no_epoch);
    if (known && now - known->tried < pause) return;  // answered a moment ago
    if (under_way_.size() >= most_under_way_ || !under_way_.insert(url).second) return;
  }
  fetch_(url,
         [this, url, now](const std::optional<std::string>& text) { answered(url, text, now); });
}

void RemoteKeys::answered(const std::string& url, const std::optional<std::string>& text,
                          Time now) {
  const Pointer known = cache_.find(url, no_epoch);
  auto keys = text ? parse(url, *text) : nullptr;
  auto entry = std::make_shared<Entry>();
  entry->tried = now;
  entry->fetched = keys ? now : known ? known->fetched : Time{};
  entry->keys = keys ? std::move(keys) : known ? known->keys : no_keys();
  cache_.put(url, entry, no_epoch);
  {
    const std::lock_guard lock(mutex_);
    under_way_.erase(url);
  }
  answered_.notify_all();
}

void RemoteKeys::wait_for(const std::string& url) {
  std::unique_lock lock(mutex_);
  answered_.wait_for(lock, patience, [&] { return !under_way_.contains(url); });
}

bool RemoteKeys::is_under_way(const std::string& url) {
  const std::lock_guard lock(mutex_);
  return under_way_.contains(url);
}

}  // namespace gatehouse::tokens
