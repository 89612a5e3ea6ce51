#include "mapping/curve.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace midimon {

Curve Curve::table(std::vector<double> points) {
  Curve curve(Kind::table);
  curve.points_ = std::make_shared<const std::vector<double>>(std::move(points));
  return curve;
}

double Curve::at(double x) const {
  x = std::clamp(x, 0.0, 1.0);
  switch (kind_) {
    case Kind::exponential:
      return (std::pow(32.0, x) - 1) / 31;
    case Kind::s_shaped:
      return x * x * (3 - 2 * x);
    case Kind::table: {
      const std::vector<double>& points = *points_;
      const double place = x * static_cast<double>(points.size() - 1);
      const auto left = std::min(static_cast<std::size_t>(place), points.size() - 2);
      const double part = place - static_cast<double>(left);
      return points[left] + (points[left + 1] - points[left]) * part;
    }
    case Kind::linear:
      break;
  }
  return x;
}

}  // namespace midimon
