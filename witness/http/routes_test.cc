#include "witness/http/routes.h"

#include <string>

#include "gtest/gtest.h"

namespace cairn::http {
namespace {

Handler Says(const std::string& what) {
  return [what](const Request& request, const Respond& respond) {
    respond({.body = what + " " + request.path + request.body});
  };
}

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() {
    routes_.AddGet("/a", Says("get"));
    routes_.AddPost("/a", Says("post"));
    routes_.AddGet("/a/", Says("below"));
    routes_.AddGet("/a/b", Says("exact"));
    routes_.AddPost("/only", Says("only"));
  }
  Response Ask(Method method, const std::string& path, const std::string& body = "") {
    Response answer;
    routes_.Handle({.method = method, .path = path, .body = body},
                   [&answer](Response response) { answer = std::move(response); });
    return answer;
  }

  Routes routes_;
};

TEST_F(RoutesTest, TheLongestPathCountsAndTheMethodTellsHandlersApart) {
  EXPECT_EQ(Ask(Method::kGet, "/a").body, "get /a");
  EXPECT_EQ(Ask(Method::kPost, "/a", "!").body, "post /a!");
  EXPECT_EQ(Ask(Method::kGet, "/a/c/d").body, "below /a/c/d");
  EXPECT_EQ(Ask(Method::kGet, "/a/b").body, "exact /a/b");
  // The path exists, so a shorter one is no substitute.
  EXPECT_EQ(Ask(Method::kPost, "/a/b").status, 405U);
}

TEST_F(RoutesTest, SaysWhatAPathTakesAndWhatPathsThereAre) {
  const Response get = Ask(Method::kGet, "/only");
  EXPECT_EQ(get.status, 405U);
  ASSERT_EQ(get.headers.size(), 1U);
  EXPECT_EQ(get.headers[0].second, "POST");
  EXPECT_EQ(Ask(Method::kOther, "/a").headers[0].second, "GET, HEAD, POST");
  const Response none = Ask(Method::kGet, "/b");
  EXPECT_EQ(none.status, 404U);
  EXPECT_EQ(none.body, "there is nothing here; there is: /a /a/ /a/b /only\n");
}

}  // namespace
}  // namespace cairn::http
