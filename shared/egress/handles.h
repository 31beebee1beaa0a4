#pragma once

#include <curl/curl.h>

#include <memory>

namespace gatehouse::egress {

template <auto free>
struct Free {
  template <class Type>
  void operator()(Type* handle) const noexcept {
    free(handle);
  }
};

using EasyHandle = std::unique_ptr<CURL, Free<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, Free<curl_multi_cleanup>>;
using UrlHandle = std::unique_ptr<CURLU, Free<curl_url_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Free<curl_slist_free_all>>;
using CurlText = std::unique_ptr<char, Free<curl_free>>;

}  // namespace gatehouse::egress
