// The Collector class keeps the median of each benchmark's repetitions and prints nothing itself.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace midimon::bench {

class Collector final : public ::benchmark::BenchmarkReporter {
 public:
  // One iteration of a benchmark does so many times what is measured.
  explicit Collector(double batch = 1) : batch_(batch) {}

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Aggregate && run.aggregate_name == "median") {
        median_[run.run_name.function_name] = run.GetAdjustedRealTime();
      }
    }
  }
  // For doing it once.
  [[nodiscard]] double ns(const std::string& name) const { return median_.at(name) / batch_; }

 private:
  double batch_;
  std::map<std::string, double> median_;
};

}  // namespace midimon::bench
