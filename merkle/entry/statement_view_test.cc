#include "merkle/entry/statement_view.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/samples.h"

namespace cairn::entry {
namespace {

const PublicKey* KeyOf(const StatementSignature& signature) {
  if (const auto* single = std::get_if<SingleSignature>(&signature)) return &single->key;
  if (const auto* batch = std::get_if<BatchSignature>(&signature)) return &batch->key;
  return nullptr;
}

// Ends the test where the view and Decode differ on these bytes; says whether they are a statement.
bool AgreesOnStatement(const std::string& bytes) {
  const std::optional<StatementView> view = ViewStatement(bytes);
  const absl::StatusOr<Entry> decoded = Decode(bytes);
  const auto* statement = decoded.ok() ? std::get_if<SignedStatement>(&decoded->body) : nullptr;
  EXPECT_EQ(view.has_value(), statement != nullptr) << decoded.status();
  if (!view.has_value() || statement == nullptr) return false;
  EXPECT_EQ(view->accepted_at_ms, decoded->accepted_at_ms);
  EXPECT_EQ(view->certificate_hash, statement->statement.certificate_hash.view());
  EXPECT_EQ(view->supersedes, statement->statement.supersedes);
  EXPECT_EQ(view->certifier, statement->statement.certifier);
  EXPECT_EQ(view->trace, statement->statement.trace);
  const PublicKey* key = KeyOf(statement->signature);
  EXPECT_EQ(view->key, key == nullptr ? "" : key->view());
  // Its identity is what an unsigned entry of the same statement has between time and form.
  const std::string plain =
      Encode({.body = SignedStatement{.statement = statement->statement, .signature = {}}}).value();
  EXPECT_EQ(view->statement, absl::string_view(plain).substr(10, plain.size() - 11));
  return true;
}

TEST(ViewStatement, AgreesWithDecodeOnEveryKindOfEntry) {
  int statements = 0;
  for (const Body& body : SampleBodies()) {
    const std::string bytes = Encode({.accepted_at_ms = kTimeMs, .body = body}).value();
    statements += AgreesOnStatement(bytes);
  }
  EXPECT_EQ(statements, 3);
}

TEST(ViewStatement, AgreesWithDecodeOnEveryValueOfEveryByte) {
  for (const Body& body : SampleBodies()) {
    const std::string bytes = Encode({.accepted_at_ms = kTimeMs, .body = body}).value();
    std::string mutant = bytes;
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        mutant[at] = static_cast<char>(value);
        AgreesOnStatement(mutant);
      }
      ASSERT_FALSE(HasFailure()) << "byte " << at;
      mutant[at] = bytes[at];
    }
  }
}

TEST(ViewStatement, AgreesWithDecodeOnEveryCutAndExtension) {
  for (const Body& body : SampleBodies()) {
    const std::string bytes = Encode({.accepted_at_ms = kTimeMs, .body = body}).value();
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(AgreesOnStatement(bytes.substr(0, size))) << size;
    }
    for (const size_t more : {1, 32, 96, 1024}) {
      EXPECT_FALSE(AgreesOnStatement(bytes + std::string(more, '\0'))) << more;
    }
  }
}

TEST(ViewStatement, AgreesWithDecodeOnIndexesThatNoTreeHas) {
  for (const uint64_t index : {kMaxTreeSize - 1, kMaxTreeSize, kMaxTreeSize + 1}) {
    SignedStatement body{.statement = SampleStatements()[2], .signature = {}};
    std::string bytes = Encode({.accepted_at_ms = kTimeMs, .body = body}).value();
    for (int i = 0; i < 8; ++i) bytes[43 + i] = static_cast<char>(index >> (56 - 8 * i));
    EXPECT_EQ(AgreesOnStatement(bytes), index < kMaxTreeSize);
  }
}

}  // namespace
}  // namespace cairn::entry
