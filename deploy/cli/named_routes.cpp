#include "named_routes.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "commands.h"

namespace gatehouse::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<fs::path> files;
  const auto options = fs::directory_options::follow_directory_symlink;
  for (const auto& entry : fs::recursive_directory_iterator(path, options)) {
    if (entry.is_regular_file() && entry.path().extension() == ".conf") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

/// Reads the words of a file as nginx does, as far as quotes, comments and blocks go.
class Reader {
 public:
  Reader(const fs::path& path, std::vector<NamedRoute>& found) : path_(path), found_(found) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw CommandError(path.string() + " cannot be read", "Name files of nginx's.");
    text_.assign(std::istreambuf_iterator<char>(file), {});
  }

  void read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ';' || c == '{' || c == '}') {
        ++at_;
        end_of(c);
        words_.clear();
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        ++at_;
      } else {
        if (words_.empty()) {
          line_ =
              1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
        }
        words_.push_back(c == '"' || c == '\'' ? quoted(c) : plain());
      }
    }
  }

 private:
  struct Block {
    std::string kind;
    bool asks = false;                ///< includes protect.conf
    std::vector<std::size_t> routes;  ///< of found_, that are named in it
  };

  std::string quoted(char mark) {
    std::string word;
    for (++at_; at_ < text_.size() && text_[at_] != mark; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      word += text_[at_];
    }
    ++at_;
    return word;
  }

  std::string plain() {
    const std::size_t begin = at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' || text_.compare(at_, 2, "${") == 0) {
        ++at_;
      } else if (std::string_view(" \t\r\n;{").find(text_[at_]) != std::string_view::npos) {
        break;
      }
    }
    return text_.substr(begin, at_ - begin);
  }

  void end_of(char mark) {
    if (mark == '{') {
      blocks_.push_back({.kind = words_.empty() ? "" : words_.front()});
    } else if (mark == '}') {
      close();
    } else if (words_.size() == 3 && words_[0] == "set" && words_[1] == "$gatehouse_route") {
      if (!blocks_.empty()) blocks_.back().routes.push_back(found_.size());
      found_.push_back({words_[2], path_.string() + ':' + std::to_string(line_)});
    } else if (words_.size() == 2 && words_[0] == "include" && !blocks_.empty()) {
      blocks_.back().asks |= fs::path(words_[1]).filename() == "protect.conf";
    }
  }

  /// What an `if` names belongs to the location that it is in.
  void close() {
    if (blocks_.empty()) return;
    const Block block = std::move(blocks_.back());
    blocks_.pop_back();
    if (block.kind == "if" && !blocks_.empty()) {
      std::ranges::copy(block.routes, std::back_inserter(blocks_.back().routes));
    }
    if (block.kind != "location") return;
    for (const std::size_t index : block.routes) found_[index].open = !block.asks;
  }

  const fs::path path_;
  std::vector<NamedRoute>& found_;
  std::string text_;
  std::size_t at_ = 0;
  std::ptrdiff_t line_ = 0;  ///< where the directive begins
  std::vector<std::string> words_;
  std::vector<Block> blocks_;
};

}  // namespace

std::vector<NamedRoute> named_routes(const std::vector<std::string>& paths) {
  std::vector<NamedRoute> found;
  for (const std::string& path : paths) {
    for (const fs::path& file : files_of(path)) Reader(file, found).read();
  }
  return found;
}

}  // namespace gatehouse::cli
