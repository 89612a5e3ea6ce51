#include "key_guess.h"

#include <cmath>
#include <cstddef>

namespace practice_log {
namespace {

using Profile = std::array<double, kPitchClasses>;

// How well each pitch class fits a key, the tonic first, as listeners rated it: C. L. Krumhansl and
// E. J. Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial
// representation of musical keys", Psychological Review 89 (1982), 334-368. The key-finding method
// is in C. L. Krumhansl, "Cognitive Foundations of Musical Pitch" (Oxford University Press, 1990),
// chapter 4. It weighs pitch classes by duration; a journal knows how often they were struck.
constexpr Profile kMajor = {6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88};
constexpr Profile kMinor = {6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17};

// The usual names of the keys on C, C#, D ... as places on the line of fifths.
constexpr int kMajorTonics[] = {0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5};
constexpr int kMinorTonics[] = {0, 7, 2, -3, 4, -1, 6, 1, 8, 3, -2, 5};

constexpr int kMinPitchClasses = 3;

// Pearson's correlation of the profile, moved up to `tonic`, with the weights. Weights that are all
// the same correlate with nothing: 0.
double correlate(const Profile& profile, std::size_t tonic, const Profile& weights) {
  double profile_mean = 0;
  double weight_mean = 0;
  for (std::size_t i = 0; i < kPitchClasses; ++i) {
    profile_mean += profile[i] / kPitchClasses;
    weight_mean += weights[i] / kPitchClasses;
  }
  double both = 0;
  double profile_squares = 0;
  double weight_squares = 0;
  for (std::size_t i = 0; i < kPitchClasses; ++i) {
    const double a = profile[i] - profile_mean;
    const double b = weights[(i + tonic) % kPitchClasses] - weight_mean;
    both += a * b;
    profile_squares += a * a;
    weight_squares += b * b;
  }
  return weight_squares > 0 ? both / std::sqrt(profile_squares * weight_squares) : 0;
}

}  // namespace

std::string Key::name() const {
  return name_of_fifth(tonic) + (minor ? " minor" : " major");
}

std::optional<KeyGuess> guess_key(const std::array<std::int64_t, kNotes>& counts) {
  Profile weights{};
  for (std::size_t note = 0; note < counts.size(); ++note) {
    weights[note % kPitchClasses] += static_cast<double>(counts[note]);
  }
  int different = 0;
  for (const double weight : weights)
    different += weight > 0 ? 1 : 0;
  if (different < kMinPitchClasses) return {};

  KeyGuess guess;
  guess.best.correlation = guess.second.correlation = -2;
  for (std::size_t i = 0; i < kPitchClasses; ++i) {
    for (const bool minor : {false, true}) {
      const Key key{minor ? kMinorTonics[i] : kMajorTonics[i], minor,
                    correlate(minor ? kMinor : kMajor, i, weights)};
      if (key.correlation > guess.best.correlation) {
        guess.second = guess.best;
        guess.best = key;
      } else if (key.correlation > guess.second.correlation) {
        guess.second = key;
      }
    }
  }
  // All twelve alike: every key fits as well as any other.
  if (guess.best.correlation <= 0) return {};
  return guess;
}

}  // namespace practice_log
