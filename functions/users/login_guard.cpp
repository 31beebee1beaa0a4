#include "users/login_guard.h"

#include "core/log.h"
#include "http/gate.h"
#include "users/errors.h"

namespace gatehouse::users {
namespace {

Failure delayed(std::chrono::seconds wait) {
  const std::string seconds = std::to_string(wait.count());
  return Failure(errors::login_delayed)
      .retry_after(wait)
      .header("RateLimit-Policy", "\"login_delay\";q=1;w=" + seconds)
      .header("RateLimit", "\"login_delay\";r=0;t=" + seconds);
}

}  // namespace

LoginGuard::LoginGuard(const limits::DelayPolicy& policy, const crypto::Keyring& keyring,
                       std::size_t entries, Now now)
    : hash_key_(SipHash::random_key()),
      devices_(keyring),
      now_(std::move(now)),
      delays_(policy, entries) {}

std::uint64_t LoginGuard::key_of(const Claimant& claimant) const {
  SipHash key(hash_key_);
  key.add_field(claimant.tenant_id).add_field(claimant.email_key);
  const auto device = devices_.name(claimant.device_token, claimant.tenant_id, claimant.email_key);
  if (device) return key.add_field("device").add(*device).finish();
  return key.add_field("address").add(http::limited_source(claimant.remote_address)).finish();
}

Authenticated LoginGuard::attempt(const Claimant& claimant,
                                  const std::function<Authenticated()>& check) {
  const std::uint64_t key = key_of(claimant);
  if (const auto wait = delays_.begin(key, now_())) {
    if (!delays_.policy().dry_run) throw delayed(*wait);
    log::warn("limit_dry_run", {{"policy", "login_delay"},
                                {"tenant", claimant.tenant_id},
                                {"remote_addr", claimant.remote_address},
                                {"seconds", std::int64_t{wait->count()}}});
  }
  try {
    Authenticated login = check();
    delays_.end(key, limits::Outcome::succeeded, now_());
    return login;
  } catch (const Failure& failure) {
    const bool wrong = failure.code() == errors::login_refused.code;
    delays_.end(key, wrong ? limits::Outcome::failed : limits::Outcome::undecided, now_());
    throw;
  } catch (...) {
    delays_.end(key, limits::Outcome::undecided, now_());
    throw;
  }
}

std::string LoginGuard::device_token(const Claimant& claimant) const {
  if (devices_.name(claimant.device_token, claimant.tenant_id, claimant.email_key)) {
    return std::string(claimant.device_token);
  }
  return devices_.make_token(claimant.tenant_id, claimant.email_key);
}

}  // namespace gatehouse::users
