#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/call.h"
#include "http/input.h"
#include "json/write.h"
#include "users/sessions.h"
#include "users/user.h"

/// How users and sessions look from outside.
namespace gatehouse::users {

/// What of a user is shown: to the user and to public keys `id, email, profile, created_at`; to
/// the tenant its state too; to services also which tenant it belongs to.
enum class View { own, tenant, service };
void write_user(json::Writer& out, const User& user, View view);
http::Response user_response(int status, const User& user, View view);

/// `{"users": [...], "next_cursor"}` of what was read with `page.to_read()`.
http::Response users_response(const std::vector<User>& users, const http::Page& page, View view);

/// The same of sessions; `current` is the id of the caller's own, or "".
http::Response sessions_response(const std::vector<Session>& sessions, const http::Page& page,
                                 std::string_view current);

/// `{"message": ...}`
http::Response message_response(std::string_view message);
/// `{"message": ..., "ended_sessions": n}`
http::Response ended_response(int ended);

/// Says in the audit row which user was changed, and how: a JSON object without personal data.
void audit_user(http::Call& call, std::string_view tenant_id, std::string_view user_id,
                std::string detail = "{}");

}  // namespace gatehouse::users
