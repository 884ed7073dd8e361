#include "merkle/entry/blind.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "merkle/entry/entry.h"

namespace cairn::entry {
namespace {

const Hash kKey = merkle::Sha256("key");

TEST(Blind, MakesAnIdThatATraceMayHave) {
  for (const std::string& value : {std::string(), std::string("trace-1"), std::string(1000, 'x'),
                                   std::string("\0 any bytes \xff", 13)}) {
    const std::string id = Blind(kKey, "trace", value);
    EXPECT_EQ(id.size(), 46u);
    EXPECT_EQ(id.substr(0, 3), kBlindPrefix);
    EXPECT_TRUE(ValidateText("trace", id, /*allow_empty=*/false).ok()) << id;
    EXPECT_TRUE(VerifyOpening(id, kKey, "trace", value).ok());
  }
}

TEST(Blind, DiffersWithKeyFieldAndValue) {
  const std::set<std::string> ids = {
      Blind(kKey, "trace", "value"), Blind(merkle::Sha256("other"), "trace", "value"),
      Blind(kKey, "task", "value"),  Blind(kKey, "trace", "valuf"),
      Blind(kKey, "trac", "evalue"),
  };
  EXPECT_EQ(ids.size(), 5u);
}

TEST(BlindingKey, IsAFunctionOfAllThatItIsMadeFrom) {
  const Hash certificate = merkle::Sha256("certificate");
  const std::set<std::string> keys = {
      BlindingKey(kKey, "trace", certificate, "value").Hex(),
      BlindingKey(merkle::Sha256("other"), "trace", certificate, "value").Hex(),
      BlindingKey(kKey, "task", certificate, "value").Hex(),
      BlindingKey(kKey, "trace", merkle::Sha256("other"), "value").Hex(),
      BlindingKey(kKey, "trace", certificate, "valuf").Hex(),
  };
  EXPECT_EQ(keys.size(), 5u);
  EXPECT_EQ(keys.count(BlindingKey(kKey, "trace", certificate, "value").Hex()), 1u);
}

TEST(VerifyOpening, RefusesAnythingElse) {
  const std::string id = Blind(kKey, "trace", "value");
  EXPECT_EQ(VerifyOpening(id, kKey, "trace", "other").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(VerifyOpening(id, kKey, "task", "value").message(),
            "the opening of task does not lead to the id that was logged");
  EXPECT_FALSE(VerifyOpening(id, merkle::Sha256("other"), "trace", "value").ok());
  EXPECT_FALSE(VerifyOpening("value", kKey, "trace", "value").ok());
}

}  // namespace
}  // namespace cairn::entry
