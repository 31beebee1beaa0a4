#include "http/input.h"
#include "http/page.h"
#include "users/directory.h"
#include "users/handlers.h"
#include "users/input.h"
#include "users/profile.h"
#include "users/registration.h"
#include "users/render.h"
#include "users/sessions.h"

namespace gatehouse::users {

using http::Call;
using http::Response;

Response list_tenant_users(Call& call) {
  const http::Page page =
      http::read_page(call, http::Query(call.request.query, {"limit", "cursor"}), "usr_");
  const auto users = list_users(call.database(), call.caller.tenant_id, page.after, page.to_read());
  return users_response(users, page, View::tenant);
}

Response show_tenant_user(Call& call) {
  return user_response(200, show_user(call.database(), call.caller.tenant_id, call.parameter(0)),
                       View::tenant);
}

Response change_tenant_user(Call& call) {
  const http::Input input(call.body(), {"email", "profile", "roles"});
  const UserChange change{.email = input.optional_email("email"),
                          .profile = read_profile(input),
                          .roles = read_roles(input)};
  const User user = change_user(call.transaction(), call.parameter(0), change, call.now);
  audit_user(call, user.tenant_id, user.id, changed_members(change));
  return user_response(200, user, View::tenant);
}

Response delete_tenant_user(Call& call) {
  const std::string_view id = call.parameter(0);
  delete_user(call.transaction(), id);
  audit_user(call, call.caller.tenant_id, id);
  return message_response("User deleted successfully");
}

Response disable_tenant_user(Call& call) {
  const User user = disable_user(call.transaction(), call.parameter(0), call.now);
  audit_user(call, user.tenant_id, user.id);
  return user_response(200, user, View::tenant);
}

Response enable_tenant_user(Call& call) {
  const User user = enable_user(call.transaction(), call.parameter(0), call.now);
  audit_user(call, user.tenant_id, user.id);
  return user_response(200, user, View::tenant);
}

Response list_user_sessions(Call& call) {
  const http::Page page =
      http::read_page(call, http::Query(call.request.query, {"limit", "cursor"}), "ses_");
  const auto sessions = list_sessions(call.database(), call.caller.tenant_id, call.parameter(0),
                                      page.after, page.to_read(), call.now);
  return sessions_response(sessions, page, {});
}

Response end_user_sessions(Call& call) {
  const std::string_view id = call.parameter(0);
  const int ended = end_sessions_of(call.transaction(), call.caller.tenant_id, id, call.now);
  audit_user(call, call.caller.tenant_id, id);
  return ended_response(ended);
}

Response list_users_internally(Call& call) {
  const http::Query query(call.request.query, {"tenant_id", "limit", "cursor"});
  const http::Page page = http::read_page(call, query, "usr_");
  const auto users = list_users_for_service(call.database(), call.caller, query.text("tenant_id"),
                                            page.after, page.to_read());
  return users_response(users, page, View::service);
}

Response create_user_internally(Context& context, Call& call) {
  const http::Input input(call.body(), {"tenant_id", "email", "password", "profile"});
  const std::string tenant_id =
      tenant_for_service(call.caller, input.optional_text("tenant_id", 64));
  const Credentials credentials = read_credentials(input);
  Registration registration{
      .email = credentials.email, .profile = read_profile(input), .password_hash = {}};
  registration.password_hash = prepare_registration(call.database(), context.passwords, tenant_id,
                                                    credentials.email, credentials.password);
  const User user = register_user(call.transaction(db::Scope::tenant(tenant_id)), tenant_id,
                                  registration, call.now);
  audit_user(call, tenant_id, user.id);
  return user_response(201, user, View::service);
}

}  // namespace gatehouse::users
