#include <algorithm>

#include "auth/key_rotation.h"
#include "private_file.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

std::string time_or_nothing(const std::optional<Time>& time) {
  return time ? iso8601(*time) : "";
}

void list(Environment& environment) {
  Session session(environment);
  db::Transaction transaction(session.connection, db::Scope::platform());
  std::vector<Output::Fields> rows;
  for (const auto& key : auth::stored_keys(transaction)) {
    rows.push_back({{"kid", key.kid},
                    {"tenant", key.tenant_id},
                    {"algorithm", key.algorithm},
                    {"state", std::string(auth::state_name(auth::state_of(key, session.now)))},
                    {"signs_from", iso8601(key.signs_from)},
                    {"retired_at", time_or_nothing(key.retired_at)},
                    {"expires_at", time_or_nothing(key.expires_at)}});
  }
  environment.output.list("keys", rows);
}

struct Rotation {
  std::string tenant_id;
  std::string algorithm;
  bool at_once = false;
  bool if_missing = false;
};

void rotate(Environment& environment, const Rotation& asked) {
  Session session(environment);
  const Settings& settings = session.settings;
  const std::string name = asked.algorithm.empty() ? settings.signing_algorithm : asked.algorithm;
  const auto algorithm = crypto::algorithm_from_name(name);
  if (!algorithm)
    throw CommandError("unknown algorithm " + name, "Choose ES256, EdDSA, RS256 or HS256.");
  const auto keyring = session.keyring();
  const auto made = crypto::PrivateKey::generate(*algorithm);

  db::Transaction transaction(session.connection, db::Scope::platform());
  const auto keys = auth::lock_keys(transaction, asked.tenant_id);
  // Making an RSA key and waiting for another rotation take seconds that belong to no notice.
  const Time now = SystemClock().now();
  const auto signing = std::ranges::find_if(keys, [&](const auth::KeyTimes& key) {
    return auth::state_of(key, now) == auth::KeyState::signing;
  });
  if (asked.if_missing && signing != keys.end()) {
    return environment.output.object({{"kid", signing->kid}, {"state", "signing"}});
  }
  const bool issues = std::ranges::any_of(
      keys, [](const auth::KeyTimes& key) { return !key.retired_at.has_value(); });
  if (!asked.tenant_id.empty() && !issues) {
    throw CommandError("the tenant has no issuer of its own",
                       "Open one with PATCH /v1/tenants/:id {\"own_issuer\": true}.");
  }
  const auto policy = auth::rotation_policy(transaction, settings, asked.tenant_id);
  const auto plan = auth::plan_rotation(keys, policy, now, asked.at_once);
  if (!plan) {
    throw CommandError("a new key is already waiting to sign: a rotation is under way",
                       "Wait for it (`gatehouse keys list`), or use --now if a key has leaked.");
  }
  const std::string kid = auth::rotate(transaction, keyring, asked.tenant_id, made, *plan, now);
  record(transaction,
         {"signing_key.rotated", "signing_key", kid, asked.tenant_id,
          auth::describe(*plan, name, asked.at_once)},
         now);
  transaction.commit();
  environment.output.object(
      {{"kid", kid},
       {"algorithm", name},
       {"signs_from", iso8601(plan->signs_from)},
       {"others_expire_at", plan->leave.empty() ? "" : iso8601(plan->expires_at)}});
}

}  // namespace

void add_keys(CLI::App& app, Environment& environment) {
  auto* keys = app.add_subcommand("keys", "The keys that sign tokens");
  keys->require_subcommand(1);
  keys->add_subcommand("list", "All keys and what they do now")->callback([&environment] {
    list(environment);
  });
  auto asked = std::make_shared<Rotation>();
  auto* command = keys->add_subcommand(
      "rotate",
      "Publish a new key; it signs once every JWKS cache knows it, and the old one retires then");
  command
      ->add_option("--algorithm", asked->algorithm,
                   "ES256, EdDSA, RS256 or HS256; default: the setting")
      ->check(CLI::IsMember({"ES256", "EdDSA", "RS256", "HS256"}));
  command->add_option("--tenant", asked->tenant_id,
                      "The tenant whose issuer's keys are meant; default: the platform's");
  auto* now = command->add_flag(
      "--now", asked->at_once,
      "A key has leaked: sign with a new one at once, and refuse all tokens of the others");
  command->add_flag("--if-missing", asked->if_missing, "Only where no key signs")->excludes(now);
  command->callback([&environment, asked] { rotate(environment, *asked); });
}

void add_keyring(CLI::App& app, Environment& environment) {
  auto* keyring = app.add_subcommand("keyring", "The secrets that are not in the database");
  keyring->require_subcommand(1);
  auto* create = keyring->add_subcommand("create", "Write a new keyring file (mode 0600)");
  auto path = std::make_shared<std::string>();
  create->add_option("PATH", *path, "A file that does not exist yet")->required();
  create->callback([&environment, path] {
    const Secret text(crypto::Keyring::generate());
    PrivateFile(*path).write(text.reveal());
    environment.output.object({{"keyring", *path}});
  });
}

}  // namespace gatehouse::cli
