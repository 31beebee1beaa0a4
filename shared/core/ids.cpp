#include "core/ids.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/encoding.h"
#include "core/random.h"

namespace gatehouse {
namespace {

constexpr std::size_t suffix_length = 26;
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

std::string make_id(std::string_view prefix, Time now) {
  std::array<std::byte, 16> uuid{};
  random_bytes(std::span(uuid).subspan(6));
  auto milliseconds = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
  for (std::size_t i = 6; i-- > 0; milliseconds >>= 8) uuid[i] = std::byte(milliseconds & 0xff);
  uuid[6] = (uuid[6] & std::byte{0x0f}) | std::byte{0x70};  // version 7
  uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};  // variant of RFC 9562

  std::string id;
  id.reserve(prefix.size() + suffix_length);
  return id.append(prefix) += to_crockford(uuid);
}

bool is_id(std::string_view prefix, std::string_view id) {
  if (id.size() != prefix.size() + suffix_length || !id.starts_with(prefix)) return false;
  const std::string_view suffix = id.substr(prefix.size());
  // 26 characters hold 130 bits: a first one above 7 would be a number of more than 128.
  return suffix[0] <= '7' && std::ranges::all_of(suffix, [](char c) {
           return alphabet.find(c) != std::string_view::npos;
         });
}

}  // namespace gatehouse
