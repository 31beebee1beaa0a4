#include <boost/test/unit_test.hpp>
#include <string>

#include "egress/client.h"
#include "unit/egress/server.h"
#include "unit/egress/settings.h"
#include "unit/egress/tls_server.h"

using namespace gatehouse;          // NOLINT
using namespace gatehouse::egress;  // NOLINT
using namespace gatehouse::test;    // NOLINT

namespace {

Outcome get(const std::string& url, const std::string& ca_file) {
  Settings settings = local_settings();
  settings.egress_allow_http = false;
  settings.egress_ca_file = ca_file;
  const Guard guard(settings);
  return Client(guard).call({.url = url});
}

bool fails_on_tls(const Outcome& outcome) {
  return outcome.failure == FailureKind::tls && outcome.status == 0 && outcome.body.empty();
}

}  // namespace

BOOST_AUTO_TEST_CASE(certificate_of_the_ca_file_is_trusted_for_its_names_alone) {
  const TlsServer server("DNS:localhost");
  const Outcome outcome = get(server.url("localhost"), server.certificate());
  BOOST_TEST(outcome.succeeded(), outcome.text);
  BOOST_TEST(outcome.body.find("s_server") != std::string::npos);
  BOOST_TEST(fails_on_tls(get(server.url("127.0.0.1"), server.certificate())));
  BOOST_TEST(fails_on_tls(get(server.url("other.localhost"), server.certificate())));
}

BOOST_AUTO_TEST_CASE(address_needs_a_certificate_for_the_address) {
  const TlsServer server("IP:127.0.0.1");
  BOOST_TEST(get(server.url("127.0.0.1"), server.certificate()).succeeded());
  BOOST_TEST(fails_on_tls(get(server.url("localhost"), server.certificate())));
}

BOOST_AUTO_TEST_CASE(self_signed_certificate_is_not_trusted) {
  const TlsServer server("DNS:localhost");
  BOOST_TEST(fails_on_tls(get(server.url("localhost"), "")));
  const TlsServer other("DNS:localhost");
  BOOST_TEST(fails_on_tls(get(server.url("localhost"), other.certificate())));
}

BOOST_AUTO_TEST_CASE(tls_1_1_is_too_old) {
  const TlsServer server("DNS:localhost", "-tls1_1 -cipher DEFAULT@SECLEVEL=0");
  BOOST_TEST(fails_on_tls(get(server.url("localhost"), server.certificate())));
}

BOOST_AUTO_TEST_CASE(server_without_tls_is_a_tls_failure) {
  const Server server([](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_close();
  });
  const TlsServer other("DNS:localhost");
  BOOST_TEST(fails_on_tls(
      get("https://localhost:" + std::to_string(server.port()) + "/", other.certificate())));
}

BOOST_AUTO_TEST_CASE(missing_ca_file_is_not_the_receivers_fault) {
  const TlsServer server("DNS:localhost");
  const Outcome outcome = get(server.url("localhost"), "/nonexistent/ca.pem");
  BOOST_TEST((outcome.failure == FailureKind::internal));
}
