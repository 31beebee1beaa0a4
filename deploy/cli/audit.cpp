#include <fstream>
#include <iostream>

#include "audit/export.h"
#include "audit/seal_file.h"
#include "audit/seal_keys.h"
#include "audit/seal_store.h"
#include "audit/verify.h"
#include "jose/jwk.h"
#include "private_file.h"
#include "session.h"

namespace gatehouse::cli {
namespace {

/// What the audit commands share: whose trail, and when.
struct Asked {
  std::string tenant, since, from, to, offline, keys, output;
  bool platform = false;

  /// None: all trails; empty: the platform's.
  std::optional<std::string> trail() const {
    if (platform) return "";
    return tenant.empty() ? std::nullopt : std::optional(tenant);
  }
};

std::optional<Time> moment(const std::string& text, const char* name) {
  if (text.empty()) return std::nullopt;
  const auto time = from_iso8601(text);
  if (time) return time;
  throw CommandError(std::string(name) + " is no moment in UTC",
                     "Write it as 2024-01-01T00:00:00Z, or as a date.");
}

std::ifstream open_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw CommandError(path + " cannot be read", "Check the name and who may read it.");
  return file;
}

/// The keys in the database, which is believed as far as the keyring vouches for it.
jose::KeySet stored_keys(Session& session) {
  return audit::read_seal_keys(session.connection, session.keyring()).verifying;
}

jose::KeySet keys_for(const Environment& environment, const std::string& path) {
  if (path.empty()) {
    Session session(environment);
    return stored_keys(session);
  }
  std::ifstream file = open_file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  try {
    return audit::key_set_of(text);
  } catch (const std::invalid_argument& error) {
    throw CommandError(path + ": " + error.what(), "Give what `gatehouse audit keys` printed.");
  }
}

/// Throws CommandError with the first finding unless there is none.
void conclude(const Output& output, const audit::Report& report) {
  output.object({{"result", report.findings.empty() ? "intact" : "tampered with"},
                 {"covers", report.covers},
                 {"findings", std::to_string(report.findings.count())},
                 {"seals", std::to_string(report.seals)},
                 {"rows", std::to_string(report.rows)},
                 {"rows_dropped_as_expired", std::to_string(report.expired)},
                 {"rows_not_sealed_yet", std::to_string(report.unsealed)},
                 {"seals_in_file", std::to_string(report.filed)}});
  if (report.findings.empty()) return;
  if (!output.json) {
    for (const std::string& finding : report.findings.texts()) output.line(finding);
    const auto more = report.findings.count() - std::ssize(report.findings.texts());
    if (more > 0) output.line("and " + std::to_string(more) + " findings more");
  }
  throw CommandError(report.findings.texts().front(),
                     "Keep the database as it is; compare it with a backup or an export.");
}

void verify(const Environment& environment, const Asked& asked) {
  if (!asked.offline.empty()) {
    const jose::KeySet keys = keys_for(environment, asked.keys);
    std::ifstream file = open_file(asked.offline);
    return conclude(environment.output, audit::verify_export(file, keys));
  }
  Session session(environment);
  jose::KeySet keys = asked.keys.empty() ? stored_keys(session) : keys_for(environment, asked.keys);
  for (const std::string& introduction : audit::read_introductions(session.connection)) {
    keys = audit::with_introduced(keys, introduction);
  }
  conclude(environment.output, audit::verify_trail(session.connection, keys,
                                                   {.tenant_id = asked.trail(),
                                                    .since = moment(asked.since, "--since"),
                                                    .seal_file = session.settings.audit_seal_file,
                                                    .audit_days = session.settings.audit_days,
                                                    .now = session.now}));
}

/// An export is an event of the trail it is taken from.
void record_export(Session& session, const Asked& asked, const audit::Exported& done) {
  json::Writer detail;
  detail.begin_object();
  if (!asked.from.empty()) detail.member("from", asked.from);
  if (!asked.to.empty()) detail.member("to", asked.to);
  detail.member("seals", done.seals).member("rows", done.rows).end_object();
  db::Transaction transaction(session.connection, db::Scope::platform());
  record(transaction,
         {"audit.exported", "audit_trail", asked.tenant, asked.tenant, detail.take(), false},
         session.now);
  transaction.commit();
}

void export_rows(const Environment& environment, const Asked& asked) {
  Session session(environment);
  const jose::KeySet keys = stored_keys(session);
  const audit::ExportAsked what{.tenant_id = asked.trail(),
                                .from = moment(asked.from, "--from"),
                                .to = moment(asked.to, "--to"),
                                .now = session.now};
  if (asked.output.empty()) {
    const auto done = audit::export_trail(session.connection, keys, what,
                                          [](std::string_view line) { std::cout << line; });
    return record_export(session, asked, done);
  }
  PrivateFile file(asked.output);
  const auto done = audit::export_trail(session.connection, keys, what,
                                        [&](std::string_view line) { file.append(line); });
  record_export(session, asked, done);
  file.finish();
  environment.output.object({{"export", asked.output},
                             {"seals", std::to_string(done.seals)},
                             {"rows", std::to_string(done.rows)}});
}

void show_keys(const Environment& environment) {
  Session session(environment);
  std::cout << jose::jwks(stored_keys(session).keys()) << '\n';
}

void rotate_key(const Environment& environment) {
  Session session(environment);
  db::Transaction transaction(session.connection, db::Scope::platform());
  if (!audit::store::lock(transaction)) {
    throw CommandError("the trail is being sealed just now", "Run it again in a moment.");
  }
  const auto keys = audit::read_seal_keys(session.connection, session.keyring());
  const std::string old = keys.signer ? keys.signer->kid : "";
  const std::string kid =
      audit::make_seal_key(transaction, session.keyring(), keys.signer, session.now);
  json::Writer detail;
  detail.begin_object().member("replaces", old).end_object();
  record(transaction, {"audit.key_rotated", "audit_key", kid, {}, detail.take(), false},
         session.now);
  transaction.commit();
  environment.output.object({{"kid", kid}, {"replaces", old}});
}

}  // namespace

void add_audit(CLI::App& app, Environment& environment) {
  auto* audit = app.add_subcommand("audit", "The audit trail: verify it, hand it out");
  audit->require_subcommand(1);
  auto asked = std::make_shared<Asked>();
  const auto add_trail = [&](CLI::App* command) {
    auto* tenant = command->add_option("--tenant", asked->tenant, "Only this tenant's trail");
    command->add_flag("--platform", asked->platform, "Only the platform's own trail")
        ->excludes(tenant);
  };
  auto* check = audit->add_subcommand(
      "verify", "Find any row or seal that was changed, inserted or removed; exit code 1 if so");
  add_trail(check);
  check->add_option("--since", asked->since, "Only rows of seals from this moment on");
  check->add_option("--offline", asked->offline,
                    "Verify this export, without a database if --keys");
  check->add_option("--keys", asked->keys, "File with the public keys; default: the database's");
  check->callback([&environment, asked] { verify(environment, *asked); });

  auto* hand_out = audit->add_subcommand("export", "JSON Lines that verify offline");
  add_trail(hand_out);
  hand_out->add_option("--from", asked->from, "From this moment on, rounded to whole seals");
  hand_out->add_option("--to", asked->to, "Before this moment, rounded to whole seals");
  hand_out->add_option("--output", asked->output,
                       "A new file (mode 0600); default: standard output");
  hand_out->callback([&environment, asked] { export_rows(environment, *asked); });

  audit
      ->add_subcommand("rotate-key",
                       "Seal with a new key from now on; the old one signs it, so that whoever "
                       "has the old public keys can verify on")
      ->callback([&environment] { rotate_key(environment); });
  audit->add_subcommand("keys", "The public keys of the seals, as JWK Set")
      ->callback([&environment] { show_keys(environment); });
}

}  // namespace gatehouse::cli
