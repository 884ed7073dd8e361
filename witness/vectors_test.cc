// The published conversation with a witness, with the answers that the specification gives.

#include "tests/testing/vectors.h"

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "merkle/note/text.h"
#include "merkle/signature/ed25519.h"
#include "nlohmann/json.hpp"
#include "witness/cosigner.h"
#include "witness/http_status.h"
#include "witness/testing/memory_store.h"

namespace cairn::witness {
namespace {

using nlohmann::json;

TEST(Vectors, AWitnessAnswersAsTheSpecificationSays) {
  const auto directory = testing::VectorsDir();
  if (!directory.has_value()) return;
  const json vectors =
      json::parse(testing::ReadFile(*directory / "signed-note/witness-add-checkpoint.json"));
  const std::string raw =
      *note::ParseHex(vectors.at("log_public_key_ed25519_hex").get<std::string>());
  const note::VerifierKey log =
      *note::MakeVerifierKey(vectors.at("log_origin").get<std::string>(), note::KeyType::kEd25519,
                             *PublicKey::FromBytes(raw));
  MemoryStore store;
  const auto cosigner = *Cosigner::Open(
      *note::GenerateSignerKey("example.com/witness", note::KeyType::kCosignature), &store,
      std::make_shared<const note::Policy>(
          *note::Policy::Parse(absl::StrCat("log ", log.Format(), "\nquorum none\n"))),
      {.now_s = [] { return uint64_t{1}; }, .on_fatal = [](const absl::Status&) {}});
  ASSERT_GE(vectors.at("cases").size(), 9U);
  for (const json& c : vectors.at("cases")) {
    std::promise<AddResult> promise;
    cosigner->Add(c.at("body").get<std::string>(),
                  [&promise](AddResult result) { promise.set_value(std::move(result)); });
    const AddResult result = promise.get_future().get();
    EXPECT_EQ(HttpStatusOf(result.status), c.at("spec_status").get<unsigned>())
        << c.at("body").get<std::string>() << result.status;
    if (result.status.ok()) {
      EXPECT_TRUE(absl::StartsWith(result.cosignature, "\u2014 example.com/witness "));
    }
    for (const json& assertion : c.at("asserts")) {
      const std::string text = assertion.get<std::string>();
      if (!absl::StartsWith(text, "body == ")) continue;
      EXPECT_EQ(absl::StrCat("body == \"", result.known_size->value(), "\\n\""), text);
    }
  }
}

}  // namespace
}  // namespace cairn::witness
