// Sorts the lines of a file by their bytes: runs of bounded size, merged through a heap.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <fstream>
#include <queue>
#include <vector>

#include "program.h"

namespace {

constexpr std::size_t kRunBytes = 512UL * 1024;

struct Front {
  std::string line;
  std::size_t run;
  bool operator>(const Front& other) const { return line > other.line; }
};

std::vector<std::string> read_lines(std::istream& in) {
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t bytes = 0; bytes < kRunBytes && std::getline(in, line);) {
    bytes += line.size();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string run_name(const std::string& output, std::size_t index) {
  return output + ".run-" + std::to_string(index);
}

// Returns how many runs there are, or none if one could not be written.
std::size_t write_runs(std::istream& in, const std::string& output) {
  for (std::size_t count = 0;; ++count) {
    std::vector<std::string> lines = read_lines(in);
    if (lines.empty()) return count;
    std::sort(lines.begin(), lines.end());
    std::ofstream out(run_name(output, count), std::ios::binary);
    for (const std::string& line : lines)
      out << line << '\n';
    if (!out.flush()) return 0;
  }
}

void merge(std::deque<std::ifstream>& runs, std::ostream& out) {
  std::priority_queue<Front, std::vector<Front>, std::greater<>> fronts;
  const auto advance = [&](std::size_t run) {
    std::string line;
    if (std::getline(runs[run], line)) fronts.push({std::move(line), run});
  };
  for (std::size_t run = 0; run < runs.size(); ++run)
    advance(run);
  while (!fronts.empty()) {
    const Front least = fronts.top();
    fronts.pop();
    out << least.line << '\n';
    advance(least.run);
  }
}

}  // namespace

bool sort_lines(const std::string& input, const std::string& output) {
  std::ifstream in(input, std::ios::binary);
  if (!in) return false;
  const std::size_t count = write_runs(in, output);
  std::deque<std::ifstream> runs;
  for (std::size_t run = 0; run < count; ++run) {
    runs.emplace_back(run_name(output, run), std::ios::binary);
  }
  std::ofstream out(output + ".part", std::ios::binary);
  merge(runs, out);
  out.close();
  for (std::size_t run = 0; run < count; ++run) {
    if (std::remove(run_name(output, run).c_str()) != 0) return false;
  }
  return count > 0 && out && std::rename((output + ".part").c_str(), output.c_str()) == 0;
}
