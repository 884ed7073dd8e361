#include "tools/cairn/attestation_layers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace cairn::cli {
namespace {

using certificate::AttestationState;
using evidence::Layer;
using evidence::State;

State StateOf(AttestationState state) {
  switch (state) {
    case AttestationState::kProven:
      return State::kProven;
    case AttestationState::kNotProven:
      return State::kNotProven;
    case AttestationState::kClaimed:
      return State::kClaimed;
    case AttestationState::kFalse:
      return State::kFalse;
  }
  return State::kNotProven;
}

}  // namespace

std::vector<Layer> AttestationLayers(std::vector<certificate::Attestation> attestations,
                                     std::optional<uint64_t> proved_by_s, bool required) {
  std::vector<Layer> layers;
  for (certificate::Attestation& one : attestations) {
    if (proved_by_s) certificate::HoldToTime(static_cast<int64_t>(*proved_by_s), one);
    layers.push_back({.name = absl::StrCat("attestation ", one.name),
                      .state = StateOf(one.state),
                      .code = absl::AsciiStrToLower(one.code),
                      .detail = absl::StrCat(one.path, ": ", one.detail)});
  }
  if (!required) return layers;
  const auto proven = std::find_if(layers.begin(), layers.end(), [](const Layer& layer) {
    return layer.state == State::kProven;
  });
  if (layers.empty()) {
    layers.push_back({.name = "attestation",
                      .state = State::kNotProven,
                      .code = "none",
                      .detail = "no attestation comes with the certificate given"});
  }
  (proven != layers.end() ? *proven : layers.front()).required = true;
  return layers;
}

}  // namespace cairn::cli
