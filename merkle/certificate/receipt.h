// A node's receipt: one of the attestations that attestations.h collects.

#ifndef CAIRN_MERKLE_CERTIFICATE_RECEIPT_H_
#define CAIRN_MERKLE_CERTIFICATE_RECEIPT_H_

#include <optional>
#include <string>
#include <vector>

#include "merkle/certificate/attestations.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judgement.h"

namespace cairn::certificate {

// Something signed, where it stands.
struct FoundReceipt {
  // What is signed. A part of the file, except in the flat shape.
  Json receipt;
  std::string path;
  // The object beside whose members it stands, and which may hold its signature and key id.
  Container beside;
  // The receipt names no hash, and there is no published rule for what is signed.
  bool stub = false;
  // Paths that the signature covers where it holds.
  std::vector<std::string> covered;
};

// Those in one container: `receipt`, `nodeReceipt`, or the container itself in the flat shape.
std::vector<FoundReceipt> FindReceipts(const Container& container, bool flat);

// One attestation for each of its signatures that differ; one where there is none.
std::vector<Attestation> JudgeReceipt(const FoundReceipt& found, const Attested& attested);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_RECEIPT_H_
