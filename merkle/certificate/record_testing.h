// Makes good records for the tests of this package, to be spoiled one field at a time.

#ifndef CAIRN_MERKLE_CERTIFICATE_RECORD_TESTING_H_
#define CAIRN_MERKLE_CERTIFICATE_RECORD_TESTING_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/certificate/json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/judgement.h"
#include "merkle/certificate/node_keys.h"

namespace cairn::certificate {

// A record without meta, with a string for input and an object for output.
Json GoodRecord();

// Puts in the hashes that the record should state.
void Seal(Json& record);

Json GovernedStep();

// A project of three executions, each with the hash of the one before it.
Json Project();
Json Step(int index, const std::string& before);
void SealProject(Json& project);

// What a node `node` signs over the record with its key `k1`, in the nested shape; `more` are
// further members of the receipt.
Json NestedAttestation(const Json& record, const Json& more = Json::object());
// The same receipt and signature on one level.
Json FlatAttestation(const Json& record);

// An envelope of version 2 over those members of the record, which it names if `named`.
Json EnvelopeOver(const Json& record, const std::vector<std::string>& names, bool named = true);

// Ed25519 by that key, in base64 of the URL's alphabet.
std::string NodeSignature(absl::string_view message);

// That key as a member of a key file, and a file of such keys.
Json NodeKey(const Json& more = Json::object());
Json NodeKeysFile(const std::vector<Json>& keys);

// The key file of that node; `more` are further members of the key.
NodeKeys GoodNodeKeys(const Json& more = Json::object());

// What JudgeRecord finds of it, which must be a record.
Judgement Judged(const Json& record, const NodeKeys* keys = nullptr, int64_t now_s = 1800000000);

// "field CODE" of each.
std::vector<std::string> Named(const std::vector<Finding>& findings);

// Any text: members in order of their names, two spaces deep.
std::string Text(const Json& value);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_RECORD_TESTING_H_
