#include "users/render.h"

#include "http/page.h"

namespace gatehouse::users {

void write_user(json::Writer& out, const User& user, View view) {
  out.begin_object()
      .member("id", user.id)
      .member("email", user.email)
      .key("profile")
      .raw(user.profile)
      .member("created_at", iso8601(user.created_at));
  if (view != View::own) {
    out.array("roles", user.roles).member("status", user.status).key("email_verified_at");
    user.email_verified_at ? out.string(iso8601(*user.email_verified_at)) : out.null();
  }
  if (view == View::service) out.member("tenant_id", user.tenant_id);
  out.end_object();
}

http::Response user_response(int status, const User& user, View view) {
  json::Writer out;
  write_user(out, user, view);
  return {status, out.take(), {}};
}

http::Response users_response(const std::vector<User>& users, const http::Page& page, View view) {
  return http::list_response(
      "users", users, page,
      [view](json::Writer& out, const User& user) { write_user(out, user, view); },
      [](const User& user) { return user.id; });
}

http::Response sessions_response(const std::vector<Session>& sessions, const http::Page& page,
                                 std::string_view current) {
  const auto write = [current](json::Writer& out, const Session& session) {
    out.begin_object()
        .member("id", session.id)
        .member("created_at", iso8601(session.created_at))
        .member("expires_at", iso8601(session.expires_at))
        .member("ip_address", session.remote_address)
        .member("user_agent", session.user_agent);
    if (!current.empty()) out.member("current", session.id == current);
    out.end_object();
  };
  return http::list_response("sessions", sessions, page, write,
                             [](const Session& session) { return session.id; });
}

http::Response message_response(std::string_view message) {
  json::Writer out;
  out.begin_object().member("message", message).end_object();
  return {200, out.take(), {}};
}

http::Response ended_response(int ended) {
  json::Writer out;
  out.begin_object()
      .member("message", "Sessions ended successfully")
      .member("ended_sessions", ended)
      .end_object();
  return {200, out.take(), {}};
}

void audit_user(http::Call& call, std::string_view tenant_id, std::string_view user_id,
                std::string detail) {
  call.audit() = {.tenant_id = std::string(tenant_id),
                  .resource_type = "user",
                  .resource_id = std::string(user_id),
                  .on_behalf_of = {},
                  .detail = std::move(detail)};
}

}  // namespace gatehouse::users
