// The Curve class bends a range, so that a knob or a velocity feels right.
#pragma once

#include <memory>
#include <vector>

namespace midimon {

// A value; copies share a table.
class Curve {
 public:
  // y = x.
  Curve() = default;
  // Slow at first: y = (32^x - 1) / 31.
  [[nodiscard]] static Curve exponential() { return Curve(Kind::exponential); }
  // Slow at both ends: y = x^2 (3 - 2x).
  [[nodiscard]] static Curve s_shaped() { return Curve(Kind::s_shaped); }
  // Through these points, evenly apart, with straight lines between them. There are at least two.
  [[nodiscard]] static Curve table(std::vector<double> points);

  // Takes 0 to 1, and gives 0 to 1, or what the table says.
  [[nodiscard]] double at(double x) const;

 private:
  enum class Kind { linear, exponential, s_shaped, table };
  explicit Curve(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::linear;
  std::shared_ptr<const std::vector<double>> points_;
};

}  // namespace midimon
