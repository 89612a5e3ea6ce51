// midimon data export | import: a plugin's directory as a tar file, and back.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data_target.h"
#include "data/replacement.h"
#include "data/tar_export.h"
#include "data/tar_import.h"

namespace midimon::cli {
namespace {

constexpr const char* kStandard = "-";  // stdin, stdout

struct Options {
  std::string id;
  std::string file;
  std::string profile;
};

tl::unexpected<Error> cannot(const char* what, const std::string& file, int error) {
  return fail(ErrorCode::io,
              fmt::format("Cannot {} {}: {}.", what, escape_line(file), std::strerror(error)));
}

// The file to write, which is not there yet; or stdout.
Result<UniqueFd> open_output(const std::string& file) {
  if (file == kStandard) {
    if (::isatty(STDOUT_FILENO) == 1) {
      return fail(ErrorCode::invalid,
                  "A tar file is nothing for a terminal. Name a file, or lead stdout elsewhere.");
    }
    return UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  }
  UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid() && errno == EEXIST) {
    return fail(ErrorCode::invalid,
                escape_line(file) + " is there already. Name another file, or remove that one.");
  }
  if (!fd.valid()) return cannot("make", file, errno);
  return fd;
}

Result<data::Exported> write_tar(const DataTarget& target, int out, const std::string& file) {
  const auto lock = target.lock();
  if (!lock) return tl::unexpected(lock.error());
  const auto root = target.open();
  if (!root) return tl::unexpected(root.error());
  auto exported = data::export_tar(root->get(), *make_resolver(), out);
  if (lock->counted_before()) lock->leave(*lock->counted_before());
  if (exported && file != kStandard && ::fsync(out) != 0) return cannot("write", file, errno);
  return exported;
}

int export_data(const Options& options) {
  const auto target = DataTarget::find(options.id);
  if (!target) return report_data(target.error());
  // Before a file is made: it would be an empty one.
  if (const auto root = target->open(); !root) return report_data(root.error());
  const auto out = open_output(options.file);
  if (!out) return report_data(out.error());
  const auto exported = write_tar(*target, out->get(), options.file);
  if (!exported) {
    if (options.file != kStandard) ::unlink(options.file.c_str());
    return report_data(exported.error());
  }
  for (const std::string& what : exported->left_out)
    print_error("left out: " + what);
  if (exported->left_out_count > exported->left_out.size()) {
    print_error(
        fmt::format("left out: {} more", exported->left_out_count - exported->left_out.size()));
  }
  if (options.file != kStandard) {
    std::printf("%s: %llu entries with %s in %s\n", options.id.c_str(),
                static_cast<unsigned long long>(exported->entries),
                format_bytes(exported->bytes).c_str(), escape_line(options.file).c_str());
  }
  return exported->left_out_count > 0 ? kFailed : kOk;
}

Result<UniqueFd> open_input(const std::string& file) {
  if (file == kStandard) return UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return cannot("read", file, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return cannot("read", file, errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::invalid,
                escape_line(file) + " is not a file. Name a tar file, or - for stdin.");
  }
  return fd;
}

// Unpacked beside, and put in the place of what is there as the last step.
Result<vfs::QuotaUsage> read_tar(const DataTarget& target, int in, const Options& options) {
  const auto profile = profile_or_none(options.profile);
  if (!profile) return tl::unexpected(profile.error());
  const auto limits = storage_limits(target, *profile);
  if (!limits) return tl::unexpected(limits.error());
  const auto parent = target.open_parent(plugins::Missing::make);
  if (!parent) return tl::unexpected(parent.error());
  // A link or a stranger's directory in its place is nothing to exchange.
  if (const auto now = target.open(); !now && now.error().code != ErrorCode::not_found) {
    return tl::unexpected(now.error());
  }
  const auto lock = target.lock();
  if (!lock) return tl::unexpected(lock.error());
  const auto resolver = make_resolver();
  auto replacement = data::Replacement::begin(parent->get(), target.name(), *resolver);
  if (!replacement) return tl::unexpected(replacement.error());
  const auto ledger = plugins::make_ledger(replacement->fd(), *limits);
  const auto imported = data::import_tar(in, replacement->fd(), resolver_kind(), ledger);
  const auto committed = imported ? replacement->commit() : Result<void>();
  if (!imported || !committed) {
    if (lock->counted_before()) lock->leave(*lock->counted_before());
    return tl::unexpected(imported ? committed.error() : imported.error());
  }
  lock->leave(imported->used);
  if (const auto removed = replacement->remove_replaced(); !removed) {
    print_error("what was there before is out of sight but not all of it could be removed: " +
                removed.error().message);
  }
  return imported->used;
}

int import_data(const Options& options) {
  const auto target = DataTarget::find(options.id);
  if (!target) return report_data(target.error());
  const auto in = open_input(options.file);
  if (!in) return report_data(in.error());
  const auto used = read_tar(*target, in->get(), options);
  if (!used) {
    Error error = used.error();
    error.message = fmt::format("{}: {} What {} had is as it was.", escape_line(options.file),
                                error.message, options.id);
    return report_data(error);
  }
  std::printf("%s: now %s\n", options.id.c_str(), to_text(*used).c_str());
  return kOk;
}

CLI::Option* add_id(CLI::App& command, Options& options) {
  return command.add_option("ID", options.id, "The plugin, or /shared for what plugins share")
      ->required();
}

}  // namespace

void add_data_export(CLI::App& data, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand(
      "export",
      "Save a plugin's directory as a tar file: content, modes, times and links.\n"
      "Exit status: 0, 1 if something was left out (it is named: links that lead out, what is no "
      "file), 2 usage, in use, or it cannot be written; no file is left then.");
  add_id(*command, *options);
  command->add_option("FILE", options->file, "The tar file, which is not there yet; - is stdout")
      ->required();
  command->callback([=, &status] { status = export_data(*options); });
}

void add_data_import(CLI::App& data, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand(
      "import",
      "Put what is in a tar file in the place of all that a plugin has stored.\n"
      "All of it or nothing: what leads out, what is no file, directory or link, and more than the "
      "plugin may store is refused, and then nothing is changed. Exit status: 0, 2 refused.");
  add_id(*command, *options);
  command->add_option("FILE", options->file, "The tar file; - is stdin")->required();
  add_profile(*command, options->profile);
  command->callback([=, &status] { status = import_data(*options); });
}

}  // namespace midimon::cli
