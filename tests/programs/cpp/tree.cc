// Walks and changes a tree; counts words.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include "program.h"

namespace {

struct Entry {
  std::string name;
  unsigned char type;
};

std::vector<Entry> entries(const std::string& directory) {
  struct Close {
    void operator()(DIR* open) const { closedir(open); }
  };
  std::vector<Entry> result;
  const std::unique_ptr<DIR, Close> open(opendir(directory.c_str()));
  while (const dirent* entry = open ? readdir(open.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") result.push_back({name, entry->d_type});
  }
  std::sort(result.begin(), result.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return result;
}

std::string join(const std::string& directory, const std::string& name) {
  return directory.empty() || directory.back() == '/' ? directory + name : directory + "/" + name;
}

// `shown` is the path of `directory` below the top.
bool walk_below(const std::string& directory, const std::string& shown) {
  for (const auto& [name, type] : entries(directory)) {
    const std::string path = join(directory, name);
    const std::string below = join(shown, name);
    if (type == DT_DIR) {
      std::cout << "d " << below << "\n";
      if (!walk_below(path, below)) return false;
    } else if (type == DT_LNK) {
      std::string target(256, '\0');
      const ssize_t length = readlink(path.c_str(), target.data(), target.size());
      if (length < 0) return false;
      std::cout << "l " << below << " -> " << target.substr(0, length) << "\n";
    } else {
      std::ifstream file(path, std::ios::ate | std::ios::binary);
      if (!file) return false;
      std::cout << "f " << file.tellg() << " " << below << "\n";
    }
  }
  return true;
}

struct Counts {
  int moved = 0;
  int removed = 0;
};

// Moves every file below `directory` to kinds/EXTENSION/NAME and removes the directories left.
bool empty_out(const std::string& directory, const std::string& kinds, Counts& counts) {
  for (const auto& [name, type] : entries(directory)) {
    const std::string path = join(directory, name);
    if (path == kinds) continue;
    if (type == DT_DIR) {
      if (!empty_out(path, kinds, counts) || rmdir(path.c_str()) != 0) return false;
      ++counts.removed;
      continue;
    }
    const std::size_t dot = name.rfind('.');
    const std::string kind = join(kinds, dot == std::string::npos ? "none" : name.substr(dot + 1));
    if (mkdir(kind.c_str(), 0777) != 0 && errno != EEXIST) return false;
    if (rename(path.c_str(), join(kind, name).c_str()) != 0) return false;
    ++counts.moved;
  }
  return true;
}

}  // namespace

bool walk(const std::string& directory) {
  return walk_below(directory, "");
}

bool tidy(const std::string& directory) {
  const std::string kinds = join(directory, "by-kind");
  Counts counts;
  if (mkdir(kinds.c_str(), 0777) != 0 || !empty_out(directory, kinds, counts)) return false;
  std::cout << "moved " << counts.moved << ", removed " << counts.removed << "\n";
  return true;
}

bool count_words(const std::string& output) {
  std::map<std::string, long> counts;
  long total = 0;
  for (std::string word; std::cin >> word; ++total)
    ++counts[word];
  std::ofstream(output) << "words " << std::setw(10) << 0 << "\n";
  std::ofstream more(output, std::ios::app);
  for (const auto& [word, count] : counts)
    more << word << " " << count << "\n";
  more.close();
  // The number was not known when its line was written: it is filled in, and read back.
  std::fstream file(output, std::ios::in | std::ios::out);
  file.seekp(6) << std::setw(10) << total;
  file.seekg(6);
  long written = -1;
  file >> written;
  return more && file && written == total;
}
