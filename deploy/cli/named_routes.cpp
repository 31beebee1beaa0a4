#include "named_routes.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

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

void read(const fs::path& path, std::vector<NamedRoute>& found) {
  static const std::regex setting(
      R"~((?:^|[\s;{])set\s+\$gatehouse_route\s+("[^"]*"|'[^']*'|[^\s;]+)\s*;)~");
  std::ifstream file(path);
  if (!file) throw CommandError(path.string() + " cannot be read", "Name files of nginx's.");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    // A name of a route has no '#', so what begins there is a comment.
    line.resize(std::min(line.find('#'), line.size()));
    for (std::sregex_iterator at(line.begin(), line.end(), setting), end; at != end; ++at) {
      std::string name = (*at)[1];
      if (name.front() == '"' || name.front() == '\'') name = name.substr(1, name.size() - 2);
      found.push_back({std::move(name), path.string() + ':' + std::to_string(number)});
    }
  }
}

}  // namespace

std::vector<NamedRoute> named_routes(const std::vector<std::string>& paths) {
  std::vector<NamedRoute> found;
  for (const std::string& path : paths) {
    for (const fs::path& file : files_of(path)) read(file, found);
  }
  return found;
}

}  // namespace gatehouse::cli
