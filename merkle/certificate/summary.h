// What a record says, fact by fact, for people: what ran, who says so, what went in and came out.
//
// Shape: facts in the order in which they are shown, each with the member it stands in, so that a
//   reader can be told of each whether the record's hash covers it. All of it is the record's word.
// Texts are whole, in UTF-8, foreign and not escaped: who prints them bounds and escapes them.
// Threads: pure.

#ifndef CAIRN_MERKLE_CERTIFICATE_SUMMARY_H_
#define CAIRN_MERKLE_CERTIFICATE_SUMMARY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/certificate/judge.h"

namespace cairn::certificate {

struct Fact {
  std::string name;   // "model", "input", ...: persistent.
  std::string label;  // For people.
  std::string text;
  std::string path;      // Of the member, from the file's top.
  bool covered = false;  // By a hash that holds.
};

struct SummaryStep {
  std::string id;
  std::string label;  // What it is called, or its model.
  std::string hash;   // As computed; empty where it could not be.
  std::string found;  // Judgement::Text().
};

struct Summary {
  std::string title;  // "AI execution", "project of 3 steps", ...
  std::vector<Fact> facts;
  std::vector<SummaryStep> steps;

  // nullptr where there is none.
  const Fact* Find(absl::string_view name) const;
};

Summary Summarize(const JudgedRecord& record);

// A value as text: itself where it is one, "role: text" lines where it is a list of chat messages,
// compact JSON where it is anything else.
std::string ValueText(const Json& value);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_SUMMARY_H_
