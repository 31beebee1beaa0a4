#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "audit/seal_store.h"

namespace gatehouse::audit {

/// The file could not be opened, read or written; what() names it and the cause.
class SealFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The seals outside the database: one JSON line each, {"seq", "tenant_id", "seal"}, only ever
/// appended to and on disk before append() returns. Whoever empties the database's tables cannot
/// empty this; an operator keeps it on another host or makes it append-only (`chattr +a`).
///
/// A line that a crash cut short is followed by itself in full and counts as nothing.
class SealFile {
 public:
  /// Opens or makes it (mode 0600) and locks it against other sealing programs of this host.
  explicit SealFile(const std::string& path);
  ~SealFile();
  SealFile(const SealFile&) = delete;
  SealFile& operator=(const SealFile&) = delete;

  /// False where another program is at it; nothing else may be called then.
  bool locked() const { return locked_; }
  /// The line that was written last; none in an empty file.
  const std::optional<store::StoredSeal>& last() const { return last_; }
  void append(const std::vector<store::StoredSeal>& seals);

 private:
  std::string path_;
  int file_;
  bool locked_ = false;
  bool torn_ = false;  ///< the last line has no end
  std::optional<store::StoredSeal> last_;
};

struct SealLines {
  std::vector<store::StoredSeal> seals;  ///< in the order of the lines
  std::vector<std::size_t> strange;      ///< numbers of lines that are none, from 1
};

/// Reads all of it. Throws SealFileError; a file that is not there is an error.
SealLines read_seal_file(const std::string& path);

}  // namespace gatehouse::audit
