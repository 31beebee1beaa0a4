#include "crypto/certificate.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace gatehouse::crypto {
namespace {

// Made by openssl for O=Example\, Inc, CN=orders with two alternative names and an address.
const std::string pem = R"(-----BEGIN CERTIFICATE-----
MIIB3jCCAYSgAwIBAgIUNcB1w+igOwb0YWPtKvNq84rENAIwCgYIKoZIzj0EAwIw
KDEVMBMGA1UECgwMRXhhbXBsZSwgSW5jMQ8wDQYDVQQDDAZvcmRlcnMwIBcNMjYx
MTIwMDgyNTAzWhgPMjEyNjEwMjcwODI1MDNaMCgxFTATBgNVBAoMDEV4YW1wbGUs
IEluYzEPMA0GA1UEAwwGb3JkZXJzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
qEBVDcNMzbfIFYxhK+/VoZ/ghqU8yj3oD4zk8YGnhPUTkoKKRuLqeuhw9TqYRuNI
fnEav0/eBwibIpGM+OFeI6OBiTCBhjAdBgNVHQ4EFgQUCfLyUXHNMULVsD3NWGpz
4Fh4y/owHwYDVR0jBBgwFoAUCfLyUXHNMULVsD3NWGpz4Fh4y/owDwYDVR0TAQH/
BAUwAwEB/zAzBgNVHREELDAqgg5vcmRlcnMuZXhhbXBsZYYSdXJuOmV4YW1wbGU6
b3JkZXJzhwTAAAIBMAoGCCqGSM49BAMCA0gAMEUCIApMOadjLbuSsBC2PC6PoUdL
XJ4I+syIYpxR8QnBelG9AiEAkNavn0B1SK7fl3Xh5AjwYqPBqCOfMxrqQuouwtV/
frc=
-----END CERTIFICATE-----
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate)

BOOST_AUTO_TEST_CASE(thumbprint_is_the_one_that_openssl_computes) {
  const auto der = certificate_der(pem);
  BOOST_TEST_REQUIRE(der.has_value());
  BOOST_TEST(certificate_thumbprint(*der) == "x4k0MKRjyfS3PzNFnFPHGFI2vl4XagYVVvccQQk9W0M");
}

BOOST_AUTO_TEST_CASE(names_are_written_as_openssl_writes_them) {
  const auto names = certificate_names(certificate_der(pem).value());
  BOOST_TEST_REQUIRE(names.has_value());
  BOOST_TEST(names->subject == "CN=orders,O=Example\\, Inc");
  BOOST_TEST_REQUIRE(names->dns.size() == 1U);
  BOOST_TEST(names->dns.front() == "orders.example");
  BOOST_TEST_REQUIRE(names->uris.size() == 1U);
  BOOST_TEST(names->uris.front() == "urn:example:orders");
}

BOOST_AUTO_TEST_CASE(only_the_first_certificate_of_a_chain_counts) {
  BOOST_TEST(certificate_der(pem + pem).value() == certificate_der(pem).value());
}

BOOST_AUTO_TEST_CASE(what_is_no_pem_gives_nothing) {
  const std::string cut = pem.substr(0, pem.find("-----END"));
  for (const std::string& text :
       {std::string(), std::string("x"), cut, cut.substr(0, 100),
        std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"),
        std::string("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----")}) {
    BOOST_TEST(!certificate_der(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_certificate_or_more_than_one_has_no_names) {
  const std::string der = certificate_der(pem).value();
  for (std::size_t length = 0; length < der.size(); length += 7) {
    BOOST_TEST(!certificate_names(der.substr(0, length)).has_value(), length);
  }
  BOOST_TEST(!certificate_names(der + "x").has_value());
  BOOST_TEST(!certificate_names(der + der).has_value());
  BOOST_TEST(!certificate_names("no certificate").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace gatehouse::crypto
