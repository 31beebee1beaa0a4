#include "http/input.h"
#include "http/page.h"
#include "users/handlers.h"
#include "users/input.h"
#include "users/passwords.h"
#include "users/profile.h"
#include "users/render.h"
#include "users/sessions.h"

namespace gatehouse::users {

using http::Call;
using http::Response;

Response show_me(Call& call) {
  return user_response(200, show_own_user(call.database(), call.scope()), View::own);
}

Response change_me(Context& context, Call& call) {
  const http::Input input(call.body(), {"email", "profile", "current_password"});
  // Whoever holds a token for a moment must not be able to keep the account by its address.
  if (input.has("email")) {
    confirm_password(call.database(), context.passwords, call.scope(),
                     read_password(input, "current_password"));
  }
  const UserChange change{
      .email = input.optional_email("email"), .profile = read_profile(input), .roles = {}};
  const std::string& id = call.caller.user_id;
  const User user = change_user(call.transaction(), id, change, call.now);
  audit_user(call, call.caller.tenant_id, id, changed_members(change));
  return user_response(200, user, View::own);
}

Response change_my_password(Context& context, Call& call) {
  const http::Input input(call.body(), {"current_password", "new_password"});
  const Secret current = read_password(input, "current_password");
  const Secret wanted = read_password(input, "new_password");
  const PasswordChange change =
      prepare_password_change(call.database(), context.passwords, call.scope(), current, wanted);
  change_password(call.transaction(), change, call.now);
  audit_user(call, call.caller.tenant_id, call.caller.user_id);
  return message_response("Password changed successfully");
}

Response list_my_sessions(Call& call) {
  const http::Page page =
      http::read_page(call, http::Query(call.request.query, {"limit", "cursor"}), "ses_");
  const auto sessions =
      list_own_sessions(call.database(), call.scope(), page.after, page.to_read(), call.now);
  return sessions_response(sessions, page, call.caller.session_id);
}

Response end_my_session(Call& call) {
  const std::string_view id = call.parameter(0);
  end_own_session(call.transaction(), id, call.now);
  call.audit() = {.tenant_id = call.caller.tenant_id,
                  .resource_type = "session",
                  .resource_id = std::string(id),
                  .on_behalf_of = {}};
  return message_response("Session ended successfully");
}

}  // namespace gatehouse::users
