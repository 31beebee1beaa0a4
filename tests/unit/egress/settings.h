#pragma once

#include "core/settings.h"

namespace gatehouse::test {

/// Lets calls reach the tests' own servers: http, any port, 127.0.0.0/8.
inline Settings local_settings() {
  Settings settings;
  settings.issuer = "https://id.example.com";
  settings.egress_allow_http = true;
  settings.egress_ports = "1-65535";
  settings.egress_allow_cidrs = "127.0.0.0/8";
  return settings;
}

}  // namespace gatehouse::test
