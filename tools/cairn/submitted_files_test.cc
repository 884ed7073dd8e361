#include "tools/cairn/submitted_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/cairn/testing/directory_fixture.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SubmittedFiles : public testing::DirectoryFixture {
 protected:
  std::string Put(const std::string& name) const {
    fs::create_directories(fs::path(Path(name)).parent_path());
    std::ofstream(Path(name)) << name;
    return Path(name);
  }
  // Where the evidence of each goes.
  std::vector<std::string> Places(const std::vector<std::string>& arguments) const {
    const absl::StatusOr<std::vector<SubmittedFile>> files =
        ListSubmitted(arguments, "out", "stdin");
    EXPECT_TRUE(files.ok()) << files.status();
    std::vector<std::string> places;
    if (files.ok()) {
      for (const SubmittedFile& file : *files) places.push_back(file.evidence_file);
    }
    return places;
  }
  absl::Status Refused(const std::vector<std::string>& arguments) const {
    return ListSubmitted(arguments, "out", "stdin").status();
  }
};

TEST_F(SubmittedFiles, EachHasItsEvidenceByItsName) {
  EXPECT_THAT(Places({"in/a.json", "b.txt", "/x/c.pdf", "-"}),
              ElementsAre("out/a.cairn.json", "out/b.cairn.json", "out/c.pdf.cairn.json",
                          "out/stdin.cairn.json"));
  const absl::StatusOr<std::vector<SubmittedFile>> named = ListSubmitted({"-"}, "out", "n.json");
  ASSERT_TRUE(named.ok());
  EXPECT_EQ((*named)[0].name, "-");
  EXPECT_EQ((*named)[0].path, "");
  EXPECT_EQ((*named)[0].evidence_file, "out/n.cairn.json");
}

TEST_F(SubmittedFiles, OfOneNameAreToldApartByTheirDirectories) {
  EXPECT_THAT(Places({"a/x.json", "b/x.json", "y.json"}),
              ElementsAre("out/a/x.cairn.json", "out/b/x.cairn.json", "out/y.cairn.json"));
  EXPECT_THAT(Places({"x.json", "../x.json", "/r/x.json", "a/./b/../x.json"}),
              ElementsAre("out/x.cairn.json", "out/__/x.cairn.json", "out/r/x.cairn.json",
                          "out/a/x.cairn.json"));
}

TEST_F(SubmittedFiles, OfOneStemInOneDirectoryAreToldApartByTheirWholeNames) {
  EXPECT_THAT(Places({"a/x.json", "a/x.txt"}),
              ElementsAre("out/a/x.json.cairn.json", "out/a/x.txt.cairn.json"));
  EXPECT_THAT(Places({"x.json", "x.txt"}),
              ElementsAre("out/x.json.cairn.json", "out/x.txt.cairn.json"));
}

TEST_F(SubmittedFiles, ADirectoryStandsForWhatIsBelowItSorted) {
  Put("in/b.json");
  Put("in/a.txt");
  Put("in/sub/b.json");
  Put("in/old.cairn.json");
  Put("in/.hidden");
  Put("in/.git/c.json");
  fs::create_symlink(Path("in/a.txt"), Path("in/link.txt"));
  fs::create_symlink(Path("nowhere"), Path("in/lost.txt"));
  ASSERT_EQ(mkfifo(Path("in/pipe").c_str(), 0600), 0);
  for (const std::string ending : {"", "/"}) {
    const absl::StatusOr<std::vector<SubmittedFile>> files =
        ListSubmitted({Path("in") + ending}, "out", "stdin");
    ASSERT_TRUE(files.ok()) << files.status();
    std::vector<std::string> places;
    for (const SubmittedFile& file : *files) {
      EXPECT_EQ(file.name, file.path);
      EXPECT_TRUE(fs::exists(file.path)) << file.path;
      places.push_back(file.evidence_file);
    }
    EXPECT_THAT(places, ElementsAre("out/a.cairn.json", "out/b.cairn.json", "out/link.cairn.json",
                                    "out/sub/b.cairn.json"));
  }
}

TEST_F(SubmittedFiles, RefusesWhatMakesNoSense) {
  fs::create_directories(Path("empty/.only"));
  EXPECT_EQ(Refused({Path("empty")}).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(Refused({Path("empty")}).message()), HasSubstr("no files to submit"));
  for (const auto& [arguments, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"a.cairn.json"}, "is evidence by its name"},
           {{"a.txt", "./a.txt"}, "./a.txt is given twice"},
           {{"-", "-"}, "- is given twice"},
           {{Put("in/a.txt"), Path("in")}, "is given twice"}}) {
    const absl::Status status = Refused(arguments);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }
}

}  // namespace
}  // namespace cairn::cli
