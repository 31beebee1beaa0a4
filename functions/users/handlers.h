#pragma once

#include "fcgi/program.h"
#include "http/call.h"
#include "users/login_guard.h"
#include "users/password_hasher.h"

/// The handlers of this function's routes: each reads its input, calls its use case and renders
/// the result. routes.cpp says who may call them.
namespace gatehouse::users {

/// What handlers share; it lives as long as the process.
struct Context {
  explicit Context(fcgi::Platform& process)
      : platform(process),
        passwords({.memory_kib = process.settings.argon2_memory_kib,
                   .passes = process.settings.argon2_passes}),
        guard(process.policies.login_delay(), process.keyring,
              static_cast<std::size_t>(process.settings.cache_entries)) {}

  fcgi::Platform& platform;
  const PasswordHasher passwords;
  LoginGuard guard;
};

// auth_handlers.cpp: /v1/auth/
http::Response register_with_key(Context& context, http::Call& call);
http::Response log_in_user(Context& context, http::Call& call);
http::Response log_out_user(http::Call& call);
http::Response log_out_user_everywhere(http::Call& call);
http::Response request_password_reset(Context& context, http::Call& call);
http::Response confirm_password_reset(Context& context, http::Call& call);
http::Response request_email_verification(Context& context, http::Call& call);
http::Response confirm_email_verification(Context& context, http::Call& call);

// me_handlers.cpp: /v1/users/me
http::Response show_me(http::Call& call);
http::Response change_me(Context& context, http::Call& call);
http::Response change_my_password(Context& context, http::Call& call);
http::Response list_my_sessions(http::Call& call);
http::Response end_my_session(http::Call& call);

// directory_handlers.cpp: /v1/users and /api/internal/users
http::Response list_tenant_users(http::Call& call);
http::Response show_tenant_user(http::Call& call);
http::Response change_tenant_user(http::Call& call);
http::Response delete_tenant_user(http::Call& call);
http::Response disable_tenant_user(http::Call& call);
http::Response enable_tenant_user(http::Call& call);
http::Response list_user_sessions(http::Call& call);
http::Response end_user_sessions(http::Call& call);
http::Response list_users_internally(http::Call& call);
http::Response create_user_internally(Context& context, http::Call& call);

}  // namespace gatehouse::users
