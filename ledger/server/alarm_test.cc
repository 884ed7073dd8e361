#include "ledger/server/alarm.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cairn::server {
namespace {

TEST(Alarm, TellsOfTheFirstDamageOnlyAndOfNothingElse) {
  Alarm alarm;
  std::vector<std::string> told;
  alarm.OnDamage([&told](const absl::Status& why) { told.emplace_back(why.message()); });
  alarm.Note(absl::OkStatus());
  alarm.Note(absl::NotFoundError("absent"));
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(absl::IsDataLoss(alarm.Note(absl::DataLossError("tile 3"))));
  alarm.Note(absl::DataLossError("tile 4"));
  EXPECT_EQ(told, std::vector<std::string>{"tile 3"});
}

TEST(Alarm, TellsOfDamageThatWasMetBeforeAnybodyListened) {
  Alarm alarm;
  alarm.Note(absl::DataLossError("tile 3"));
  int told = 0;
  alarm.OnDamage([&told](const absl::Status&) { ++told; });
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace cairn::server
