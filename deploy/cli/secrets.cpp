#include "secrets.h"

#include "auth/client_secrets.h"
#include "private_file.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

using std::chrono::seconds;

struct Asked {
  std::string client, secret, output;
  std::int64_t grace = auth::usual_secret_grace.count(), lifetime = 0;
};

std::string time_or_nothing(const std::optional<Time>& time) {
  return time ? iso8601(*time) : "";
}

auth::SecretHolder require(std::optional<auth::SecretHolder> holder, const std::string& client) {
  if (holder) return *std::move(holder);
  throw CommandError("there is no service " + client,
                     "Give its client_id, which begins with svc_.");
}

void require_room(std::size_t living, const std::string& client) {
  if (living < auth::most_client_secrets) return;
  throw CommandError(client + " has as many secrets as it may have",
                     "Revoke those that nobody uses: `gatehouse service secret list` tells.");
}

void tell(Session& session, db::Transaction& transaction, std::string_view code,
          const std::string& client, const auth::SecretHolder& holder, const std::string& detail) {
  record(transaction, {code, "service", client, holder.tenant_id, detail}, session.now);
}

/// Makes a secret, and where it is a rotation ends the others; then shows it this once, or writes
/// it to a new file.
void make(const Environment& environment, const Asked& asked, std::optional<seconds> grace) {
  Session session(environment);
  std::optional<PrivateFile> file;
  if (!asked.output.empty()) file.emplace(asked.output);
  db::Transaction transaction(session.connection, db::Scope::platform());
  const auth::SecretHolder holder =
      require(auth::lock_secret_holder(transaction, asked.client, session.now), asked.client);
  if (!holder.needs_secret) {
    throw CommandError(asked.client + " authenticates without a secret",
                       "Change its token_endpoint_auth_method first, with PATCH "
                       "/v1/internal/services/:client_id.");
  }
  if (grace != seconds(0)) require_room(holder.secrets.size(), asked.client);
  const auth::NewClientSecret made = auth::add_client_secret(
      transaction, session.keyring(), asked.client,
      asked.lifetime == 0 ? std::nullopt : std::optional(seconds(asked.lifetime)), session.now);
  if (grace) {
    auth::end_other_client_secrets(transaction, asked.client, made.kept.id, *grace, session.now);
    tell(session, transaction, "service.secret_rotated", asked.client, holder,
         auth::describe_secret_rotation(asked.client, made.kept.id, *grace, holder.secrets));
  } else {
    tell(session, transaction, "service.secret_added", asked.client, holder,
         auth::describe_secret(asked.client, made.kept.id, made.kept.expires_at));
  }
  transaction.commit();

  Output::Fields said{{"client_id", asked.client}, {"secret_id", made.kept.id}};
  if (file) {
    json::Writer writer;
    writer.begin_object()
        .member("client_id", asked.client)
        .member("client_secret", made.text.reveal())
        .end_object();
    file->write(writer.take() + "\n");
    said.emplace_back("credentials", asked.output);
  } else {
    said.emplace_back("client_secret", std::string(made.text.reveal()));
  }
  said.emplace_back("expires_at", time_or_nothing(made.kept.expires_at));
  if (grace) said.emplace_back("previous_expires_at", iso8601(session.now + *grace));
  environment.output.object(said);
}

void revoke(const Environment& environment, const Asked& asked) {
  Session session(environment);
  db::Transaction transaction(session.connection, db::Scope::platform());
  const auth::SecretHolder holder =
      require(auth::lock_secret_holder(transaction, asked.client, session.now), asked.client);
  if (holder.find(asked.secret) == nullptr) {
    throw CommandError(asked.client + " has no secret " + asked.secret,
                       "See `gatehouse service secret list`.");
  }
  if (holder.needs_secret && holder.secrets.size() == 1) {
    throw CommandError(asked.secret + " is the last secret of " + asked.client,
                       "Replace it with `gatehouse service secret rotate` (--grace 0 where it has "
                       "leaked), or stop the service with `gatehouse service disable`.");
  }
  auth::remove_client_secret(transaction, asked.client, asked.secret);
  tell(session, transaction, "service.secret_revoked", asked.client, holder,
       auth::describe_secret(asked.client, asked.secret, {}));
  transaction.commit();
  environment.output.object(
      {{"client_id", asked.client}, {"done", "revoke"}, {"secret_id", asked.secret}});
}

void list(const Environment& environment, const Asked& asked) {
  Session session(environment);
  const auth::SecretHolder holder = require(
      auth::find_secret_holder(session.connection, asked.client, session.now), asked.client);
  std::vector<Output::Fields> rows;
  for (const auth::ClientSecret& secret : holder.secrets) {
    rows.push_back({{"secret_id", secret.id},
                    {"created_at", iso8601(secret.created_at)},
                    {"expires_at", time_or_nothing(secret.expires_at)},
                    {"last_used_at", time_or_nothing(secret.last_used_at)}});
  }
  environment.output.list("secrets", rows);
}

}  // namespace

void add_secret(CLI::App& service, Environment& environment) {
  auto* secret = service.add_subcommand("secret", "The secrets of a service");
  secret->require_subcommand(1);
  auto asked = std::make_shared<Asked>();
  const auto add = [&](const char* name, const char* help, auto work) {
    auto* command = secret->add_subcommand(name, help);
    command->add_option("CLIENT", asked->client, "client_id of the service")->required();
    command->callback([&environment, asked, work] { work(environment, *asked); });
    return command;
  };
  const auto add_maker = [&](const char* name, const char* help, auto work) {
    auto* command = add(name, help, work);
    command->add_option("--expires-in", asked->lifetime, "Seconds; without it, it does not expire")
        ->check(CLI::Range(auth::shortest_secret_life.count(), auth::longest_secret_life.count()));
    command->add_option("--output", asked->output,
                        "Write the credentials to this new file (mode 0600)");
    return command;
  };
  add_maker("add", "Make another secret; it is shown this once",
            [](const Environment& with, const Asked& what) { make(with, what, {}); });
  add("list", "The secrets that work, and when they were last used", list);
  add("revoke", "Refuse a secret within a second", revoke)
      ->add_option("SECRET", asked->secret, "Its id, which begins with sct_")
      ->required();
  add_maker(
      "rotate", "Make a secret; the others end after the grace period",
      [](const Environment& with, const Asked& what) { make(with, what, seconds(what.grace)); })
      ->add_option("--grace", asked->grace, "Seconds; 0 where a secret has leaked")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{auth::longest_secret_grace.count()}))
      ->capture_default_str();
}

}  // namespace gatehouse::cli
