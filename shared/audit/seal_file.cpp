#include "audit/seal_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "json/parse.h"
#include "json/write.h"

namespace gatehouse::audit {
namespace {

using store::StoredSeal;

/// Many times the length of a line.
constexpr off_t tail_bytes = 64 * 1024;

[[noreturn]] void fail(const std::string& path) {
  throw SealFileError(path + ": " + std::strerror(errno));
}

std::optional<StoredSeal> seal_of(std::string_view line) {
  try {
    const json::Value object = json::parse(line);
    const json::Value *seq = object.find("seq"), *tenant = object.find("tenant_id"),
                      *seal = object.find("seal");
    if (seq == nullptr || !seq->as_integer() || tenant == nullptr || seal == nullptr) return {};
    return StoredSeal{*seq->as_integer(), tenant->as_string(), seal->as_string()};
  } catch (const json::ParseError&) {
    return std::nullopt;
  }
}

std::string line_of(const StoredSeal& seal) {
  json::Writer out;
  out.begin_object().member("seq", seal.seq).key("tenant_id");
  seal.tenant_id.empty() ? out.null() : out.string(seal.tenant_id);
  out.member("seal", seal.jws).end_object();
  return out.take() + '\n';
}

/// The file's end, as long as there is that much.
std::string tail_of(int file, const std::string& path) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  if (size < 0) fail(path);
  std::string text(static_cast<std::size_t>(std::min(size, tail_bytes)), '\0');
  const ssize_t got =
      ::pread(file, text.data(), text.size(), size - static_cast<off_t>(text.size()));
  if (got != std::ssize(text)) fail(path);
  return text;
}

/// A file's name is on disk once its directory is.
void sync_directory(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path();
  const int file = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

SealFile::SealFile(const std::string& path)
    : path_(path), file_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (file_ < 0) fail(path_);
  locked_ = ::flock(file_, LOCK_EX | LOCK_NB) == 0;
  if (!locked_) return;
  try {
    const std::string text = tail_of(file_, path_);
    torn_ = !text.empty() && text.back() != '\n';
    std::string_view rest(text);
    while (!last_ && !rest.empty()) {
      const std::size_t end = rest.rfind('\n');
      if (end == rest.npos) break;
      rest = rest.substr(0, end);
      const std::size_t begin = rest.rfind('\n');
      last_ = seal_of(rest.substr(begin == rest.npos ? 0 : begin + 1));
    }
    if (text.empty()) sync_directory(path_);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

SealFile::~SealFile() {
  ::close(file_);
}

void SealFile::append(const std::vector<StoredSeal>& seals) {
  if (seals.empty()) return;
  std::string text = torn_ ? "\n" : "";
  for (const StoredSeal& seal : seals) text += line_of(seal);
  torn_ = true;
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t size = ::write(file_, rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail(path_);
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  if (::fsync(file_) != 0) fail(path_);
  torn_ = false;
  last_ = seals.back();
}

SealLines read_seal_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) fail(path);
  SealLines found;
  std::string torn;
  std::size_t number = 0;
  bool ended = true;
  for (std::string line; std::getline(file, line);) {
    ++number;
    ended = !file.eof();
    if (!torn.empty() && !line.starts_with(torn)) found.strange.push_back(number - 1);
    torn.clear();
    if (auto seal = seal_of(line)) {
      found.seals.push_back(*std::move(seal));
    } else if (!line.empty()) {
      torn = line;
    } else {
      found.strange.push_back(number);
    }
  }
  // Without its end, the last line is one that is being written.
  if (!torn.empty() && ended) found.strange.push_back(number);
  return found;
}

}  // namespace gatehouse::audit
