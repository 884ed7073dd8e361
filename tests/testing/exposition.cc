#include "tests/testing/exposition.h"

#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>

namespace cairn::testing {
namespace {

constexpr char kName[] = "[a-zA-Z_:][a-zA-Z0-9_:]*";

class Reader {
 public:
  Exposition Read(const std::string& text) {
    if (text.empty() || text.back() != '\n') Wrong("the last line has no end");
    std::istringstream lines(text);
    while (std::getline(lines, line_)) {
      line_[0] == '#' ? Comment() : Sample();
    }
    EndFamily();
    return std::move(out_);
  }

 private:
  void Wrong(const std::string& why) { out_.errors.push_back(why + ": " + line_); }

  void Comment() {
    static const std::regex kHelp("# HELP (" + std::string(kName) + ") (.+)");
    static const std::regex kType("# TYPE (" + std::string(kName) + ") (counter|gauge|histogram)");
    std::smatch match;
    if (std::regex_match(line_, match, kHelp)) {
      EndFamily();
      family_ = match[1];
      if (!families_.insert(family_).second) Wrong("a family occurs twice");
    } else if (std::regex_match(line_, match, kType)) {
      if (match[1] != family_ || !type_.empty()) Wrong("TYPE does not follow HELP");
      type_ = match[2];
      const bool total = family_.size() > 6 && family_.ends_with("_total");
      if ((type_ == "counter") != total) Wrong("counters, and only they, end in _total");
    } else {
      Wrong("neither HELP nor TYPE");
    }
  }

  void Sample() {
    static const std::regex kSample(
        "(" + std::string(kName) +
        R"re()(\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? (\S+))re");
    std::smatch match;
    if (!std::regex_match(line_, match, kSample)) return Wrong("no sample");
    char* end = nullptr;
    const std::string number = match[3];
    const double value = std::strtod(number.c_str(), &end);
    if (*end != '\0') Wrong("no number");
    const std::string name = match[1];
    const std::string labels = match[2];
    if (!out_.samples.emplace(name + labels, value).second) Wrong("a sample occurs twice");
    if (type_ != "gauge" && value < 0) Wrong("a count below 0");
    if (type_ == "histogram") return HistogramSample(name, labels, value);
    if (name != family_) Wrong("a sample outside its family");
  }

  // Count and sum stand before the buckets.
  void HistogramSample(const std::string& name, const std::string& labels, double value) {
    if (name == family_ + "_count") {
      EndHistogram();
      count_ = value;
    } else if (name == family_ + "_bucket") {
      static const std::regex kLe("le=\"([^\"]+)\"");
      std::smatch match;
      if (!std::regex_search(labels, match, kLe)) return Wrong("a bucket without le");
      const double bound = std::strtod(match[1].str().c_str(), nullptr);
      if (buckets_ > 0 && (bound <= bound_ || value < last_)) Wrong("buckets do not rise");
      ++buckets_;
      bound_ = bound;
      last_ = value;
      infinite_ = match[1] == "+Inf";
    } else if (name != family_ + "_sum") {
      Wrong("no sample of a histogram");
    }
  }

  void EndHistogram() {
    if (buckets_ > 0 && (!infinite_ || last_ != count_)) Wrong("buckets before here miss some");
    buckets_ = 0;
  }

  void EndFamily() {
    EndHistogram();
    type_.clear();
  }

  Exposition out_;
  std::string line_;
  std::set<std::string> families_;
  std::string family_;
  std::string type_;
  double count_ = 0;
  int buckets_ = 0;
  double bound_ = 0;
  double last_ = 0;
  bool infinite_ = false;
};

}  // namespace

Exposition ParseExposition(const std::string& text) { return Reader().Read(text); }

}  // namespace cairn::testing
