#include "tokens/remote_keys.h"

#include <utility>

#include "core/log.h"
#include "jose/jwk.h"
#include "json/parse.h"

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

void log_failure(const std::string& url, std::string_view why) {
  log::warn("jwks_uri_failed", {{"url", std::string_view(url)}, {"why", why}});
}

std::shared_ptr<const jose::KeySet> parse(const std::string& url, const std::string& text) {
  try {
    return std::make_shared<const jose::KeySet>(jose::from_jwks(json::parse(text), most_keys));
  } catch (const json::ParseError& error) {
    log_failure(url, error.what());
  } catch (const crypto::KeyError& error) {
    log_failure(url, error.what());
  }
  return nullptr;
}

}  // namespace

bool RemoteKeys::serves(const Entry& entry, std::string_view kid, Time now) {
  const bool has = kid.empty() || entry.keys->find(kid) != nullptr;
  return has && now - entry.fetched < fresh;
}

std::shared_ptr<const jose::KeySet> RemoteKeys::find(const std::string& url, std::string_view kid,
                                                     Time now) {
  Pointer known = cache_.find(url, no_epoch);
  const bool due = !known || (!serves(*known, kid, now) && now - known->tried >= pause);
  if (due) known = refresh(url, known, now);
  if (!known) return nullptr;
  return now - known->fetched < stale ? known->keys : no_keys();
}

RemoteKeys::Pointer RemoteKeys::refresh(const std::string& url, const Pointer& known, Time now) {
  const std::unique_lock one(fetching_, std::try_to_lock);
  if (!one) return known;
  const auto text = fetch_(url);
  auto keys = text ? parse(url, *text) : nullptr;
  auto entry = std::make_shared<Entry>();
  entry->tried = now;
  entry->fetched = keys ? now : known ? known->fetched : Time{};
  entry->keys = keys ? std::move(keys) : known ? known->keys : no_keys();
  cache_.put(url, entry, no_epoch);
  return entry;
}

RemoteKeys::Fetch guarded_fetch(const egress::Guard& guard) {
  return [client = egress::Client(guard)](const std::string& url) -> std::optional<std::string> {
    egress::Request request{.url = url, .headers = {}, .body = {}};
    request.limits.connect = 2s;
    request.limits.total = 3s;
    egress::Outcome outcome = client.call(std::move(request));
    if (outcome.succeeded()) return std::move(outcome.body);
    log_failure(url, outcome.failure ? outcome.text : std::string_view("the answer is no success"));
    return std::nullopt;
  };
}

}  // namespace gatehouse::tokens
