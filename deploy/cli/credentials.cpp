#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "private_file.h"
#include "services.h"

namespace gatehouse::cli {

PrivateFile::PrivateFile(std::string path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) {
  if (file_ < 0) {
    throw CommandError(path_ + ": " + std::strerror(errno), "Name a file that does not exist yet.");
  }
}

PrivateFile::~PrivateFile() {
  ::close(file_);
  if (!complete_) ::unlink(path_.c_str());
}

void PrivateFile::append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(file_, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) fail();
    text.remove_prefix(std::size_t(size));
  }
}

void PrivateFile::finish() {
  if (::fsync(file_) != 0) fail();
  complete_ = true;
}

void PrivateFile::fail() const {
  throw CommandError(path_ + " could not be written: " + std::strerror(errno), "");
}

void register_and_hand_out(const Environment& environment, const NewService& service,
                           const std::string& path) {
  Session session(environment);
  std::optional<PrivateFile> file;
  if (!path.empty() && service.authentication.by_secret()) file.emplace(path);
  const Credentials made = register_service(session, service);
  if (made.client_secret.empty()) {
    return environment.output.object({{"client_id", made.client_id}});
  }
  if (!file) {
    return environment.output.object({{"client_id", made.client_id},
                                      {"client_secret", std::string(made.client_secret.reveal())}});
  }
  json::Writer writer;
  writer.begin_object()
      .member("client_id", made.client_id)
      .member("client_secret", made.client_secret.reveal())
      .end_object();
  file->write(writer.take() + "\n");
  environment.output.object({{"client_id", made.client_id}, {"credentials", path}});
}

void add_admin(CLI::App& app, Environment& environment) {
  auto* admin = app.add_subcommand("admin", "The first credentials");
  admin->require_subcommand(1);
  auto* create = admin->add_subcommand("create", "Make a service with the scope internal:admin");
  struct Arguments {
    std::string name = "admin", output;
  };
  auto given = std::make_shared<Arguments>();
  create->add_option("--name", given->name, "What people call it")->capture_default_str();
  create->add_option("--output", given->output,
                     "Write {\"client_id\", \"client_secret\"} to this new file (mode 0600)");
  create->callback([&environment, given] {
    const NewService service{.name = given->name,
                             .description = "Made by the operator",
                             .scopes = {std::string(admin_scope)}};
    register_and_hand_out(environment, service, given->output);
  });
}

}  // namespace gatehouse::cli
