#include "registry/config_toml.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/path_error.h"
#include "base/read_fd.h"
#include "base/unique_fd.h"
#include "base/units.h"
#include "net/url.h"
#include "toml/closest.h"
#include "toml/toml_table.h"

namespace midimon::registry {
namespace {

constexpr std::size_t kMaxNameBytes = 32;

bool is_word(std::string_view text) {
  return text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

class ConfigReader {
 public:
  ConfigReader(std::filesystem::path directory, Problems& problems)
      : directory_(std::move(directory)), problems_(problems) {}

  std::vector<Config> read(const toml::table& source);

 private:
  void read_registry(const toml::table& source);
  std::string name(TomlTable& table);
  std::string location(TomlTable& table);

  std::filesystem::path directory_;
  Problems& problems_;
  std::vector<Config> all_;
};

std::string ConfigReader::name(TomlTable& table) {
  const auto name = table.string("name", Need::required);
  if (!name) return {};
  if (!is_word(*name)) {
    table.add_problem(table.pos("name"),
                      fmt::format("{} cannot be a registry's name: it is 1 to {} of a-z, 0-9, '-' "
                                  "and '_'",
                                  in_quotes(*name), kMaxNameBytes));
  }
  if (std::any_of(all_.begin(), all_.end(), [&](const Config& c) { return c.name == *name; })) {
    table.add_problem(table.pos("name"), fmt::format("there is another registry {} above; their "
                                                     "names must differ",
                                                     in_quotes(*name)));
  }
  return *name;
}

std::string ConfigReader::location(TomlTable& table) {
  const auto given = table.string("url", Need::required, "an https:// URL or a path");
  if (!given) return {};
  if (given->find("://") == std::string::npos) {
    return (directory_ / *given).lexically_normal().string();
  }
  const auto url = net::Url::parse(*given);
  if (!url) {
    table.add_problem(table.pos("url"), url.error().message);
  } else if (!url->is_secure() && !url->is_loopback()) {
    table.add_problem(table.pos("url"),
                      "\"url\" must be https://, so that nobody on the way sees what you look for");
  }
  return *given;
}

void ConfigReader::read_registry(const toml::table& source) {
  TomlTable table(source, "a [[registries]]", problems_);
  Config config;
  config.name = name(table);
  config.location = location(table);
  if (const auto text = table.string("key", Need::required, "the line of a .pub file, \"RW...\"")) {
    const auto key = trust::parse_public_key(*text);
    if (!key) table.add_problem(table.pos("key"), key.error().message);
    if (key) config.key = *key;
  }
  table.refuse_other_keys();
  all_.push_back(std::move(config));
}

std::vector<Config> ConfigReader::read(const toml::table& source) {
  static constexpr std::array<std::string_view, 1> kKey = {"registries"};
  for (const auto& [key, node] : source) {
    if (key.str() != kKey[0] && closest(key.str(), kKey)) {
      problems_.add(pos_of(key.source()),
                    fmt::format("there is no {}{}", in_quotes(key.str()), hint(key.str(), kKey)));
    }
  }
  TomlTable table(source, "the file", problems_);
  const auto registries = table.tables(kKey[0]);
  for (const toml::table* registry : registries)
    read_registry(*registry);
  if (registries.size() > kMaxRegistries) {
    problems_.add(
        pos_of(*registries[kMaxRegistries]),
        fmt::format("there are {} registries at most; leave out the rest", kMaxRegistries));
  }
  return std::move(all_);
}

}  // namespace

Result<std::vector<Config>> parse_config(std::string_view text, const std::string& file) {
  if (text.size() > kMaxConfigBytes) {
    return fail(ErrorCode::limit, fmt::format("{}: a configuration of more than {} is not read",
                                              file, format_bytes(kMaxConfigBytes)));
  }
  Problems problems;
  auto all = parse_config(text, file, problems);
  if (!problems.empty()) return fail(ErrorCode::invalid, problems.lines(file));
  return all;
}

std::vector<Config> parse_config(std::string_view text, const std::string& file,
                                 Problems& problems) {
  const auto source = parse_toml(text, problems);
  if (!source) return {};
  return ConfigReader(std::filesystem::absolute(file).parent_path(), problems).read(*source);
}

Result<std::vector<Config>> load_config(const Places& places) {
  const std::string path = places.config + places.separator + "config.toml";
  // NONBLOCK: a FIFO in its place must not hang us.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::vector<Config>();
  if (!fd.valid()) return cannot("read", path, errno);
  const auto text = read_to_end(fd.get(), kMaxConfigBytes);
  if (!text) return cannot("read", path, errno);
  return parse_config(*text, path);
}

}  // namespace midimon::registry
