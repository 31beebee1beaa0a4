#include "core/encoding.h"
#include "core/ids.h"
#include "http/input.h"
#include "users/handlers.h"
#include "users/input.h"
#include "users/login.h"
#include "users/one_time_tokens.h"
#include "users/registration.h"
#include "users/render.h"

namespace gatehouse::users {
namespace {

using http::Call;
using http::Response;

constexpr std::size_t token_limit = 256;

Response request_token(Context& context, Call& call, Purpose purpose) {
  const http::Input input(call.body(), {"email"});
  const std::string email = input.email("email");
  const std::string& tenant_id = call.caller.tenant_id;
  const OneTimeToken made = request_one_time_token(call.transaction(), context.platform.keyring,
                                                   tenant_id, email, purpose, call.now);
  audit_user(call, tenant_id, made.user_id);
  json::Writer out;
  out.begin_object()
      .member("token", made.token.reveal())
      .member("expires_at", iso8601(made.expires_at))
      .end_object();
  return {200, out.take(), {{"Cache-Control", "no-store"}}};
}

}  // namespace

Response register_with_key(Context& context, Call& call) {
  const http::Input input(call.body(), {"email", "password", "profile"});
  const Credentials credentials = read_credentials(input);
  Registration registration{
      .email = credentials.email, .profile = read_profile(input), .password_hash = {}};
  const std::string& tenant_id = call.caller.tenant_id;
  registration.password_hash = prepare_registration(call.database(), context.passwords, tenant_id,
                                                    credentials.email, credentials.password);
  const User user = register_user(call.transaction(), tenant_id, registration, call.now);
  audit_user(call, tenant_id, user.id);
  return user_response(201, user, View::own);
}

Response log_in_user(Context& context, Call& call) {
  const http::Input input(call.body(), {"email", "password"});
  const Credentials credentials = read_credentials(input);
  const std::string& tenant_id = call.caller.tenant_id;
  const Claimant claimant{.tenant_id = tenant_id,
                          .email_key = email_key(credentials.email),
                          .remote_address = call.request.remote_address,
                          .device_token = call.request.device_token};
  const Authenticated login = context.guard.attempt(claimant, [&] {
    try {
      return check_password(call.database(), context.passwords, tenant_id, credentials.email,
                            credentials.password);
    } catch (const LoginRefused& refused) {
      audit_user(call, tenant_id, refused.user_id);
      throw;
    }
  });
  const User& user = login.user;

  Session session{.id = make_id("ses_", call.now),
                  .created_at = call.now,
                  .expires_at = {},
                  .remote_address = std::string(call.request.remote_address),
                  .user_agent = printable(call.request.user_agent)};
  const fcgi::Platform& platform = context.platform;
  // Before the transaction: the issuer may have to read its keys on the same connection.
  const auth::IssuedToken token = platform.authenticator.issuer().issue(
      auth::UserClaims{.user_id = user.id,
                       .tenant_id = tenant_id,
                       .session_id = session.id,
                       .roles = user.roles},
      login.token_lifetime.value_or(platform.settings.user_token_lifetime), call.now,
      call.database());
  session.expires_at = token.expires_at;
  open_session(call.transaction(), login, session);
  platform.journals.token_issued({.at = call.now,
                                  .client_id = call.caller.key_id,
                                  .user_id = user.id,
                                  .jti = token.id,
                                  .kind = "user",
                                  .scope = {},
                                  .expires_at = token.expires_at,
                                  .remote_address = call.request.remote_address,
                                  .trace_id = call.request.trace_id});

  json::Writer detail;
  detail.begin_object().member("session_id", session.id).end_object();
  audit_user(call, tenant_id, user.id, detail.take());
  json::Writer out;
  out.begin_object().key("user");
  write_user(out, user, View::own);
  out.member("token", token.text).end_object();
  return {
      200,
      out.take(),
      {{"Cache-Control", "no-store"}, {"X-Device-Token", context.guard.device_token(claimant)}}};
}

Response log_out_user(Call& call) {
  log_out(call.transaction(), call.now);
  call.audit() = {.tenant_id = call.caller.tenant_id,
                  .resource_type = "session",
                  .resource_id = call.caller.session_id,
                  .on_behalf_of = {}};
  return message_response("Logged out successfully");
}

Response log_out_user_everywhere(Call& call) {
  const int ended = log_out_everywhere(call.transaction(), call.now);
  audit_user(call, call.caller.tenant_id, call.caller.user_id);
  return ended_response(ended);
}

Response request_password_reset(Context& context, Call& call) {
  return request_token(context, call, Purpose::password_reset);
}

Response confirm_password_reset(Context& context, Call& call) {
  const http::Input input(call.body(), {"token", "new_password"});
  const Secret token(input.text("token", token_limit));
  const Secret password = read_password(input, "new_password");
  const std::string& tenant_id = call.caller.tenant_id;
  const crypto::Keyring& keyring = context.platform.keyring;
  const std::string hash = prepare_password_reset(call.database(), context.passwords, keyring,
                                                  tenant_id, token.reveal(), password, call.now);
  const std::string user_id =
      reset_password(call.transaction(), keyring, tenant_id, token.reveal(), hash, call.now);
  audit_user(call, tenant_id, user_id);
  return message_response("Password changed successfully");
}

Response request_email_verification(Context& context, Call& call) {
  return request_token(context, call, Purpose::email_verification);
}

Response confirm_email_verification(Context& context, Call& call) {
  const http::Input input(call.body(), {"token"});
  const Secret token(input.text("token", token_limit));
  const std::string& tenant_id = call.caller.tenant_id;
  const std::string user_id = verify_email(call.transaction(), context.platform.keyring, tenant_id,
                                           token.reveal(), call.now);
  audit_user(call, tenant_id, user_id);
  return message_response("E-mail address verified successfully");
}

}  // namespace gatehouse::users
