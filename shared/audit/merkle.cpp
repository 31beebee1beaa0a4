#include "audit/merkle.h"

#include <bit>
#include <string>

#include "core/encoding.h"

namespace gatehouse::audit {

crypto::Digest leaf_hash(std::string_view leaf) {
  std::string text(1, '\0');
  text += leaf;
  return crypto::sha256(text);
}

crypto::Digest merkle_root(std::span<const crypto::Digest> leaves) {
  if (leaves.empty()) return crypto::sha256(std::string_view());
  if (leaves.size() == 1) return leaves.front();
  // The left tree is the largest full one that leaves something for the right.
  const std::size_t left = std::bit_floor(leaves.size() - 1);
  std::string text(1, '\1');
  text += as_text(merkle_root(leaves.first(left)));
  text += as_text(merkle_root(leaves.subspan(left)));
  return crypto::sha256(text);
}

}  // namespace gatehouse::audit
