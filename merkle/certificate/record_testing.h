// Makes good records for the tests of this package, to be spoiled one field at a time.

#ifndef CAIRN_MERKLE_CERTIFICATE_RECORD_TESTING_H_
#define CAIRN_MERKLE_CERTIFICATE_RECORD_TESTING_H_

#include <nlohmann/json.hpp>
#include <string>

#include "merkle/certificate/node_keys.h"

namespace cairn::certificate {

// A record without meta, with a string for input and an object for output.
nlohmann::json GoodRecord();

// Puts in the hashes that the record should state.
void Seal(nlohmann::json& record);

// What a node `node` signs over the record with its key `k1`, in the nested shape; `more` are
// further members of the receipt.
nlohmann::json NestedAttestation(const nlohmann::json& record,
                                 const nlohmann::json& more = nlohmann::json::object());
// The same receipt and signature on one level.
nlohmann::json FlatAttestation(const nlohmann::json& record);

// The key file of that node.
NodeKeys GoodNodeKeys();

// Any text: members in order of their names, two spaces deep.
std::string Text(const nlohmann::json& value);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_RECORD_TESTING_H_
