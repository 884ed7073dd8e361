// ShownHtml: the page that is printed and handed on.

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "merkle/certificate/hash_text.h"
#include "tools/cairn/command.h"
#include "tools/cairn/shown.h"

namespace cairn::cli {
namespace {

using certificate::Answer;
using certificate::Attestation;
using certificate::AttestationState;
using certificate::Fact;
using certificate::Finding;
using certificate::Judgement;

// What a page shows of one text.
constexpr size_t kMaxShownText = 20'000;

constexpr char kStyle[] = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--good:#1a7f37;
--bad:#b42318;--open:#9a6700}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;
--good:#3fb950;--bad:#f85149;--open:#d29922}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:52rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
.verdict{display:inline-block;margin:.5rem 0;padding:.1rem .6rem;border:2px solid;border-radius:.4rem;
font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}.soft{color:var(--soft)}
dl{display:grid;grid-template-columns:10rem 1fr;gap:.25rem 1rem;margin:0}
dt{color:var(--soft)}dd{margin:0;min-width:0}
pre,code{font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
.uncovered{border-left:3px solid var(--open);padding-left:.5rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem;
border-bottom:1px solid var(--line);vertical-align:top}
footer{margin:2rem 0;color:var(--soft);font-size:.85rem}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}dd,tr{break-inside:avoid}}
)";

// For a page: nothing of it is markup, and nothing that a terminal would escape is left as it is.
std::string Escaped(absl::string_view text) {
  std::string cut = PrintableLines(text.substr(0, kMaxShownText), kMaxShownText);
  if (text.size() > kMaxShownText) {
    absl::StrAppend(&cut, "\n... (", text.size() - kMaxShownText, " more bytes)");
  }
  return absl::StrReplaceAll(
      cut, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

void AddTerm(absl::string_view label, absl::string_view text, bool covered, std::string& out) {
  absl::StrAppend(&out, "<dt>", Escaped(label), "</dt><dd", covered ? "" : " class=\"uncovered\"",
                  "><pre>", Escaped(text), "</pre>");
  if (!covered) absl::StrAppend(&out, "<span class=\"open\">no hash covers this</span>");
  absl::StrAppend(&out, "</dd>\n");
}

void AddFindings(absl::string_view title, absl::string_view style,
                 const std::vector<Finding>& findings, std::string& out) {
  if (findings.empty()) return;
  absl::StrAppend(&out, "<h2>", title, "</h2><ul class=\"", style, "\">\n");
  for (const Finding& finding : findings) {
    absl::StrAppend(&out, "<li><code>", Escaped(finding.code), "</code> ", Escaped(finding.Text()),
                    "</li>\n");
  }
  absl::StrAppend(&out, "</ul>\n");
}

absl::string_view StyleOf(const Judgement& judgement) {
  if (judgement.answer == Answer::kContradicts) return "bad";
  return judgement.answer == Answer::kHolds && judgement.left_open.empty() ? "good" : "open";
}

absl::string_view StyleOf(const Attestation& one) {
  if (one.state == AttestationState::kProven) return "good";
  return one.state == AttestationState::kFalse ? "bad" : "open";
}

void AddAttestations(const Judgement& judgement, std::string& out) {
  if (judgement.attestations.empty()) return;
  absl::StrAppend(&out,
                  "<h2>Attestations</h2><table><tr><th>what</th><th>state</th><th>why</th></tr>\n");
  for (const Attestation& one : judgement.attestations) {
    absl::StrAppend(&out, "<tr><td>", Escaped(one.name), "</td><td class=\"", StyleOf(one), "\">",
                    certificate::AttestationStateText(one.state), "</td><td>", Escaped(one.detail),
                    "</td></tr>\n");
  }
  absl::StrAppend(&out, "</table>\n");
}

void AddSteps(const certificate::Summary& summary, std::string& out) {
  if (summary.steps.empty()) return;
  absl::StrAppend(&out,
                  "<h2>Steps</h2><table><tr><th>step</th><th>hash</th><th>record</th></tr>\n");
  for (const certificate::SummaryStep& step : summary.steps) {
    absl::StrAppend(&out, "<tr><td>", Escaped(step.label), "<br><span class=\"soft\">",
                    Escaped(step.id), "</span></td><td><code>", Escaped(step.hash),
                    "</code></td><td>", Escaped(step.found), "</td></tr>\n");
  }
  absl::StrAppend(&out, "</table>\n");
}

// What a reader may conclude from the page, and what not.
absl::string_view WhatIsShown(const Shown& shown) {
  if (!shown.judgement.has_value()) {
    return "All of this is what the file says, and none of it is verified here: <code>cairn "
           "verify</code> does that.";
  }
  if (shown.judgement->answer == Answer::kHolds) {
    return "All of this is what the record says. That its hash holds shows that the members that "
           "it covers belong together and are unchanged since it was made, not that they are true.";
  }
  return "All of this is what the record says. Its hash does not vouch for it.";
}

void AddRecord(const Shown& shown, std::string& out) {
  const Judgement& judgement = *shown.judgement;
  absl::StrAppend(&out, "<h1>", Escaped(shown.summary->title), "</h1>\n<p class=\"verdict ",
                  StyleOf(judgement), "\">", Escaped(judgement.Text()), "</p>\n");
  if (judgement.hash.has_value()) {
    absl::StrAppend(&out, "<p><code>", certificate::HashText(*judgement.hash), "</code></p>\n");
  }
  AddFindings("Contradictions", "bad", judgement.contradictions, out);
  absl::StrAppend(&out, "<h2>What the record says</h2><dl>\n");
  for (const Fact& fact : shown.summary->facts) AddTerm(fact.label, fact.text, fact.covered, out);
  absl::StrAppend(&out, "</dl>\n");
  AddSteps(*shown.summary, out);
  AddAttestations(judgement, out);
  AddFindings("Not checked", "open", judgement.unchecked, out);
  AddFindings("Notices", "", judgement.notices, out);
  if (!judgement.uncovered.empty()) {
    absl::StrAppend(&out, "<h2>Covered by nothing</h2><p>Anyone may have edited: <code>",
                    Escaped(absl::StrJoin(judgement.uncovered, ", ")), "</code></p>\n");
  }
}

void AddEvidence(const Shown& shown, std::string& out) {
  if (shown.evidence.empty()) return;
  absl::StrAppend(&out,
                  "<h2>Evidence</h2><p class=\"open\">None of this is verified here: "
                  "<code>cairn verify</code> does that.</p><dl>\n");
  for (const EvidenceFact& fact : shown.evidence) AddTerm(fact.label, fact.text, true, out);
  absl::StrAppend(&out, "</dl>\n");
}

}  // namespace

std::string ShownHtml(const Shown& shown) {
  std::string out = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<meta name=\"viewport\" "
      "content=\"width=device-width\">\n<title>",
      Escaped(shown.file), "</title><style>", kStyle, "</style></head><body>\n");
  if (shown.summary.has_value()) {
    AddRecord(shown, out);
  } else {
    absl::StrAppend(&out, "<h1>", Escaped(shown.file), "</h1>\n");
  }
  AddEvidence(shown, out);
  absl::StrAppend(&out, "<footer>", WhatIsShown(shown), "</footer>\n</body></html>\n");
  return out;
}

}  // namespace cairn::cli
