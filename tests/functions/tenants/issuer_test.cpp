#include "tenants/issuer.h"

#include "auth/authenticator.h"
#include "functions/tenants/fixture.h"
#include "json/write.h"

namespace gatehouse::tenants {
namespace {

using namespace std::chrono_literals;

/// Two tenants, and the functions that sign and verify. A first key signs a second after `now`.
struct Issuing : Fixture {
  Issuing()
      : tokens(db::connection_options(settings, "gatehouse_tokens")),
        signer(settings, keyring, true),
        verifier(settings, keyring, false),
        mine(add_tenant().tenant.id),
        other(add_tenant().tenant.id) {}

  /// The kid of the key that was made.
  std::optional<std::string> set(const std::string& tenant, bool wanted, Time at) {
    const auto key = crypto::PrivateKey::generate(crypto::Algorithm::es256);
    auto kid = commit(tenant, [&](db::Transaction& transaction) -> std::optional<std::string> {
      if (wanted) return open_issuer(transaction, settings, keyring, tenant, key, at);
      close_issuer(transaction, settings, tenant, at);
      return std::nullopt;
    });
    signer.epochs().refresh(tokens);
    verifier.epochs().refresh(connection);
    return kid;
  }

  std::string user_token(const std::string& tenant, Time at) {
    const std::vector<std::string> roles;
    return signer.issuer()
        .issue(auth::UserClaims{.user_id = make_id("usr_", at),
                                .tenant_id = tenant,
                                .session_id = make_id("ses_", at),
                                .roles = roles},
               300s, at, tokens)
        .text;
  }

  auth::TokenVerifier::Result verify(const std::string& text, Time at) {
    return verifier.verifier().verify(text, at, connection);
  }

  /// A token that this key signs, whatever it says.
  std::string forge(const std::string& kid, const std::string& issuer, const std::string& tenant,
                    Time at) {
    const std::string sql = "SELECT private_sealed FROM signing_keys WHERE kid = '" + kid + "'";
    const auto row = superuser.read(db::Scope::none(), {"", sql.c_str()});
    const Secret der = keyring.open(row.bytes(0, "private_sealed"), kid);
    const jose::SigningKey key(kid, crypto::PrivateKey::from_der(crypto::Algorithm::es256, der));
    json::Writer out;
    out.begin_object()
        .member("iss", issuer)
        .member("sub", make_id("usr_", at))
        .member("tenant", tenant)
        .member("jti", make_id("jti_", at))
        .member("sid", make_id("ses_", at))
        .member("exp", unix_seconds(at + 300s))
        .end_object();
    return jose::sign_compact(key.encoded_header("JWT"), out.text(), key.key);
  }

  db::Connection tokens;
  auth::Authenticator signer, verifier;
  std::string mine, other;
};

BOOST_FIXTURE_TEST_SUITE(issuer, Issuing)

BOOST_AUTO_TEST_CASE(r14_a_tenants_own_issuer_signs_its_tokens_once_everybody_knows_its_key) {
  const std::string before = user_token(mine, now);
  const auto kid = set(mine, true, now);
  BOOST_TEST_REQUIRE(kid.has_value());
  BOOST_TEST(verify(user_token(mine, now), now).token->issuer == settings.issuer);
  const std::string text = user_token(mine, now + 1s);
  const auto token = verify(text, now + 1s).token;
  BOOST_REQUIRE(token);
  BOOST_TEST(token->issuer == settings.issuer + "/t/" + mine);
  BOOST_TEST(token->issuer_tenant == mine);
  BOOST_TEST(verify(user_token(other, now + 1s), now + 1s).token->issuer == settings.issuer);
  BOOST_TEST(verify(before, now + 1s).token->issuer == settings.issuer);
}

BOOST_AUTO_TEST_CASE(an_ended_issuers_tokens_are_good_until_they_end) {
  set(mine, true, now);
  const std::string text = user_token(mine, now + 1s);
  set(mine, false, now + 2s);
  BOOST_TEST(verify(user_token(mine, now + 2s), now + 2s).token->issuer == settings.issuer);
  BOOST_TEST(verify(text, now + 2s).token->issuer_tenant == mine);
  const Time later = now + settings.user_token_lifetime + 30 * 24h;
  BOOST_TEST((verifier.keys().of_tenant(mine, connection, later) == nullptr));
}

BOOST_AUTO_TEST_CASE(asking_twice_makes_one_key) {
  BOOST_TEST(set(mine, true, now).has_value());
  BOOST_TEST(!set(mine, true, now + 1s).has_value());
  BOOST_TEST(!set(other, false, now).has_value());
  BOOST_TEST(count("SELECT count(*) FROM signing_keys WHERE tenant_id = '" + mine + "'") == 1);
}

BOOST_AUTO_TEST_CASE(the_tenant_says_whether_it_has_an_issuer_of_its_own) {
  TenantChange rename;
  rename.name = "Renamed";
  BOOST_TEST(!change(mine, rename).own_issuer);
  set(mine, true, now);
  BOOST_TEST(change(mine, rename).own_issuer);
  set(mine, false, now + 1s);
  BOOST_TEST(!change(mine, rename).own_issuer);
}

BOOST_AUTO_TEST_CASE(r18_a_tenants_key_speaks_as_its_issuer_and_of_its_tenant_only) {
  const std::string kid = set(mine, true, now).value();
  set(other, true, now);
  const std::string own = settings.issuer + "/t/" + mine;
  BOOST_TEST((verify(forge(kid, own, mine, now), now).token != nullptr));
  const std::pair<std::string, jose::Rejection> forged[] = {
      {forge(kid, own, other, now), jose::Rejection::wrong_issuer},
      {forge(kid, own, "", now), jose::Rejection::wrong_issuer},
      // None of these issuers has this key.
      {forge(kid, settings.issuer, mine, now), jose::Rejection::unknown_key},
      {forge(kid, settings.issuer + "/t/" + other, other, now), jose::Rejection::unknown_key},
      {forge(kid, settings.issuer + "/t/" + make_id("tnt_", now), mine, now),
       jose::Rejection::unknown_key},
      {forge(kid, own + "/", mine, now), jose::Rejection::unknown_key},
      {forge(kid, "https://elsewhere.example/t/" + mine, mine, now), jose::Rejection::unknown_key},
  };
  for (const auto& [text, rejection] : forged) {
    const auto result = verify(text, now);
    BOOST_TEST((result.token == nullptr));
    BOOST_TEST((result.rejection == rejection), jose::to_string(result.rejection));
  }
}

BOOST_AUTO_TEST_CASE(r18_the_platforms_key_is_none_of_a_tenants_issuer) {
  set(mine, true, now);
  const auto ring = signer.keys().platform(tokens, now);
  const std::string text = forge(ring->signer(now).kid, settings.issuer + "/t/" + mine, mine, now);
  BOOST_TEST((verify(text, now).rejection == jose::Rejection::wrong_issuer));
}

BOOST_AUTO_TEST_CASE(this_function_makes_no_key_for_anybody_else) {
  set(other, true, now);
  const db::Statement insert{
      "test_insert_key",
      "INSERT INTO signing_keys (kid, tenant_id, algorithm, public_jwk, private_sealed, signs_from)"
      " VALUES ($1, nullif($2, ''), 'ES256', '{}', '', now() + interval '1 day')"};
  const db::Statement expire{"test_expire_key",
                             "UPDATE signing_keys SET expires_at = now()"
                             " WHERE tenant_id = $1 OR tenant_id IS NULL"};
  for (const db::Scope& scope : {db::Scope::tenant(mine), db::Scope::platform()}) {
    for (const std::string& tenant : {std::string(), other}) {
      BOOST_CHECK_THROW(connection.write(scope, insert, {make_id("kid_", now), tenant}),
                        db::StatementError);
    }
    BOOST_TEST(connection.write(scope, expire, {other}).affected() == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace gatehouse::tenants
