#include "tools/cairn/command.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"

namespace cairn::cli {
namespace {

TEST(Worse, IsTheHigherCode) {
  for (const ExitCode a : {kYes, kNo, kUsage, kUnable}) {
    for (const ExitCode b : {kYes, kNo, kUsage, kUnable}) {
      EXPECT_EQ(Worse(a, b), a > b ? a : b);
    }
  }
}

TEST(Complain, IsRememberedWithTheCodeOfAStatus) {
  Complain(absl::NotFoundError("not there"));
  EXPECT_EQ(LastComplaint().code, "not_found");
  EXPECT_EQ(LastComplaint().message, "not there");
  Complain("a sentence");
  EXPECT_EQ(LastComplaint().code, "");
  EXPECT_EQ(LastComplaint().message, "a sentence");
}

TEST(ErrorCode, IsOfTheListWhateverTheStatus) {
  EXPECT_EQ(ErrorCodeOf(WithErrorCode(absl::UnavailableError("x"), "nothing_listens")),
            "nothing_listens");
  EXPECT_EQ(ErrorCodeOf(WithErrorCode(absl::UnavailableError("x"), "made_up")), "unavailable");
  EXPECT_TRUE(WithErrorCode(absl::OkStatus(), "usage").ok());
  for (int code = 1; code <= 16; ++code) {
    const std::string name = ErrorCodeOf(absl::Status(static_cast<absl::StatusCode>(code), "x"));
    EXPECT_TRUE(absl::c_linear_search(kErrorCodes, name)) << name;
  }
}

}  // namespace
}  // namespace cairn::cli
