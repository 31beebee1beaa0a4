#pragma once

#include <string>
#include <string_view>

namespace gatehouse::cli {

/// A new file that only its owner may read. Made before what belongs into it, so that nothing is
/// made that cannot be kept; removed again unless it was written whole.
class PrivateFile {
 public:
  /// Never takes a file that exists, never follows a link. Throws CommandError.
  explicit PrivateFile(std::string path);
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  /// On disk when this returns. Throws CommandError.
  void write(std::string_view text) {
    append(text);
    finish();
  }

  /// The same in parts: the file stays only if finish() returned.
  void append(std::string_view text);
  void finish();

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  int file_;
  bool complete_ = false;
};

}  // namespace gatehouse::cli
