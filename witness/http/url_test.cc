#include "witness/http/url.h"

#include <string>

#include "gtest/gtest.h"

namespace cairn::http {
namespace {

constexpr char kSecret[] = "s3cr3t";

TEST(CheckUrl, RefusesUserInformationWithoutRepeatingIt) {
  for (const std::string url :
       {"https://user:s3cr3t@host.example/", "https://s3cr3t@host.example",
        "http://user:s3cr3t@127.0.0.1:8332/", "HTTPS://user:s3cr3t@host/", "http://a:s3cr3t@[::1]/",
        "https://user:s3/cr3t@host/", "https://user:s3cr3t/@host/", "https://user:s3cr3t?@host/",
        "https://user:s3cr3t\\@host/"}) {
    const absl::Status checked = CheckUrl(url);
    EXPECT_EQ(checked.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_NE(checked.message().find("user name or password"), std::string::npos) << checked;
    EXPECT_EQ(checked.message().find(kSecret), std::string::npos) << checked;
  }
}

TEST(CheckUrl, TakesWhatHasNone) {
  for (const std::string url :
       {"https://host.example", "http://127.0.0.1:8332/", "http://[::1]:80/x",
        "https://host.example/path/@version", "https://h/?mail=a@b"}) {
    EXPECT_TRUE(CheckUrl(url).ok()) << url;
  }
  for (const std::string url : {"", "host.example", "ftp://host/", "file:///etc/passwd", "http://",
                                "http:///x", "http://:80/"}) {
    EXPECT_EQ(CheckUrl(url).code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST(MaskUrl, LeavesOutWhatIsSecret) {
  EXPECT_EQ(MaskUrl("https://host.example:8/a/b"), "https://host.example:8/a/b");
  EXPECT_EQ(MaskUrl("https://user:s3cr3t@host.example/a"), "https://***@host.example/a");
  EXPECT_EQ(MaskUrl("https://host.example/a?token=s3cr3t"), "https://host.example/a?***");
  for (const std::string url :
       {"user:s3cr3t@host", "https://user:s3cr3t/@host/", "https://a@s3cr3t@host/",
        "http://u:s3cr3t?@host", "//u:s3cr3t@host", "http://host/?a#s3cr3t"}) {
    EXPECT_EQ(MaskUrl(url).find(kSecret), std::string::npos) << MaskUrl(url);
  }
}

TEST(IsLoopbackUrl, KnowsThisMachine) {
  for (const std::string url : {"http://127.0.0.1/", "http://127.3.2.1:80", "https://localhost:1/x",
                                "http://LOCALHOST", "http://[::1]:5/"}) {
    EXPECT_TRUE(IsLoopbackUrl(url)) << url;
  }
  for (const std::string url : {"http://127.example.org/", "http://localhost.example/",
                                "http://10.0.0.1/", "http://[::2]/", "http://x/127.0.0.1"}) {
    EXPECT_FALSE(IsLoopbackUrl(url)) << url;
  }
}

}  // namespace
}  // namespace cairn::http
