#include "egress/transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <new>
#include <stdexcept>

#include "core/log.h"
#include "egress/socket_address.h"

namespace gatehouse::egress {
namespace {

using std::chrono::steady_clock;

CURL* new_handle() {
  prepare_library();
  CURL* const handle = curl_easy_init();
  if (handle == nullptr) throw std::bad_alloc();
  return handle;
}

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  // A libcurl without one of these options must not run without it.
  if (code != CURLE_OK) {
    throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " +
                             curl_easy_strerror(code));
  }
}

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != others.npos;
  });
}

bool is_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    return (static_cast<unsigned char>(c) >= ' ' && c != 0x7f) || c == '\t';
  });
}

void append(HeaderList& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace

void prepare_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("no libcurl");
  });
}

Transfer::Transfer(const Guard& guard, Url url, Request request)
    : guard_(guard), url_(std::move(url)), request_(std::move(request)), easy_(new_handle()) {
  // Without these two, curl would add or await what nobody asked for.
  append(headers_, "Expect:");
  if (request_.method == Method::post) append(headers_, "Content-Type:");
  for (const auto& [name, value] : request_.headers) {
    if (!is_token(name) || !is_value(value)) throw std::invalid_argument("header " + name);
    // curl takes `Name:` for "leave it out" and wants a semicolon where the value is empty.
    std::string line = name;
    append(headers_, trimmed(value).empty() ? line.append(";") : line.append(": ").append(value));
  }
  set_up();
  set_method();
}

void Transfer::set_up() {
  CURL* const handle = easy_.get();
  set(handle, CURLOPT_URL, url_.text.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, guard_.allows_http() ? "http,https" : "https");
  set(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(handle, CURLOPT_PROXY, "");  // nor one from the environment
  set(handle, CURLOPT_NOPROXY, "*");
  set(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(handle, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open_socket);
  set(handle, CURLOPT_OPENSOCKETDATA, this);

  set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // With a folder of certificates set, curl would read the file anew for every connection.
  set(handle, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (!guard_.ca_file().empty()) set(handle, CURLOPT_CAINFO, guard_.ca_file().c_str());
  set(handle, CURLOPT_CA_CACHE_TIMEOUT, 3600L);

  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set(handle, CURLOPT_USERAGENT, "Gatehouse/" GATEHOUSE_VERSION);
  set(handle, CURLOPT_HTTPHEADER, headers_.get());
  // 0 would be none at all.
  const auto at_least_one = [](std::chrono::milliseconds span) {
    return static_cast<long>(std::max<std::int64_t>(span.count(), 1));
  };
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, at_least_one(request_.limits.connect));
  set(handle, CURLOPT_TIMEOUT_MS, at_least_one(request_.limits.total));
  set(handle, CURLOPT_NOSIGNAL, 1L);
  // A name whose servers do not answer would otherwise hold up whoever waits, beyond any time-out.
  set(handle, CURLOPT_QUICK_EXIT, 1L);
  // An address is judged when it is connected to; no connection outlives that for long.
  set(handle, CURLOPT_MAXAGE_CONN, 60L);
  set(handle, CURLOPT_MAXLIFETIME_CONN, 300L);

  set(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(handle, CURLOPT_HEADERDATA, this);
  set(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(handle, CURLOPT_WRITEDATA, this);
  set(handle, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
  set(handle, CURLOPT_XFERINFODATA, this);
  set(handle, CURLOPT_NOPROGRESS, 0L);
}

void Transfer::set_method() {
  CURL* const handle = easy_.get();
  if (request_.method == Method::get) return set(handle, CURLOPT_HTTPGET, 1L);
  set(handle, CURLOPT_POST, 1L);
  set(handle, CURLOPT_POSTFIELDS, request_.body.c_str());
  set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
}

curl_socket_t Transfer::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto target = from_sockaddr(&address->addr);
  if (!target || !transfer.guard_.admits(*target)) {
    transfer.address_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body({data, size * count}) ? size * count : 0;
}

int Transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.slow_ = transfer.too_slow();
  return transfer.slow_ ? 1 : 0;
}

void Transfer::count(std::size_t bytes) {
  if (received_ == 0) first_byte_ = steady_clock::now();
  received_ += bytes;
}

bool Transfer::too_slow() const {
  if (received_ == 0) return false;
  const auto span = steady_clock::now() - first_byte_;
  if (span < request_.limits.slow_after) return false;
  const double seconds = std::chrono::duration<double>(span).count();
  return static_cast<double>(received_) <
         seconds * static_cast<double>(request_.limits.bytes_per_second);
}

bool Transfer::take_header(std::string_view line) {
  count(line.size());
  header_bytes_ += line.size();
  if (header_bytes_ > request_.limits.header_bytes) {
    too_large_ = true;
    return false;
  }
  if (line.starts_with("HTTP/")) {  // the one before was a 1xx; what counts is the last
    outcome_.headers.clear();
    headers_ended_ = false;
    return true;
  }
  headers_ended_ = headers_ended_ || trimmed(line).empty();  // trailers come after the end
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return true;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  outcome_.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return true;
}

bool Transfer::take_body(std::string_view bytes) {
  count(bytes.size());
  const std::size_t room = request_.limits.body_bytes - outcome_.body.size();
  outcome_.body.append(bytes.substr(0, room));
  if (bytes.size() <= room) return true;
  outcome_.body_cut = true;
  too_large_ = !request_.cut_long_body;
  return false;
}

std::optional<FailureKind> Transfer::failure_of(CURLcode code) const {
  if (too_large_) return FailureKind::too_large;
  if (slow_) return FailureKind::time_out;
  switch (code) {
    case CURLE_OK:
      if (!headers_ended_) return FailureKind::broken;
      return std::nullopt;
    case CURLE_WRITE_ERROR:
      if (outcome_.body_cut) return std::nullopt;
      return FailureKind::internal;
    case CURLE_COULDNT_RESOLVE_HOST:
      return FailureKind::dns;
    case CURLE_COULDNT_CONNECT:
      return address_refused_ ? FailureKind::address : FailureKind::connect;
    case CURLE_OPERATION_TIMEDOUT:
      return FailureKind::time_out;
    case CURLE_OUT_OF_MEMORY:  // also what curl calls a single header of 100 KB
      return received_ > 0 && !headers_ended_ ? FailureKind::too_large : FailureKind::internal;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return FailureKind::tls;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return FailureKind::internal;
    default:
      return FailureKind::broken;
  }
}

Outcome Transfer::finish(CURLcode code) {
  CURL* const handle = easy_.get();
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  outcome_.status = static_cast<int>(status);
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &microseconds);
  outcome_.latency = std::chrono::microseconds(microseconds);
  long connections = 1;
  curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connections);
  outcome_.failure = failure_of(code);
  outcome_.reused = connections == 0 && outcome_.status != 0;
  const bool not_modified = status == 304;  // the answer to If-None-Match, not a redirect
  if (!outcome_.failure && status >= 300 && status < 400 && !not_modified) {
    outcome_.failure = FailureKind::redirect;
  }
  if (outcome_.failure) outcome_.text = text_of(*outcome_.failure);
  if (outcome_.failure == FailureKind::internal) {
    log::error("egress_failed", {{"reason", curl_easy_strerror(code)}});
  }
  return std::move(outcome_);
}

}  // namespace gatehouse::egress
