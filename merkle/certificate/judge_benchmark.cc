// What judging a record of 2 kB costs, beside what it cannot do without: parsing it with a JSON
// library, and SHA-256 of its canonical form.

#include <benchmark/benchmark.h>
#include <rapidjson/document.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/record_testing.h"
#include "merkle/hash.h"

namespace cairn::certificate {
namespace {

// As a program sends a record: without white space, members in their own order.
const std::string& RecordText() {
  static const std::string text = [] {
    constexpr int kSize = 2048;
    Json record = GoodRecord();
    Json& snapshot = record["snapshot"];
    snapshot["prompt"] = "You answer customers' questions.\nBe brief, and name your sources.";
    for (int i = 0; CanonicalJson(record).size() < kSize; ++i) {
      snapshot["output"]["citations"].push_back(
          {{"title", absl::StrCat("Terms of delivery, section ", i)},
           {"score", 0.5 + i / 7.0},
           {"offset", 1024 * i},
           {"quote", "The carrier bears the risk until the goods are handed over."}});
      Seal(record);
    }
    return record.dump();
  }();
  return text;
}

void BM_Judge(benchmark::State& state) {
  const std::string& text = RecordText();
  for (auto _ : state) {
    const absl::StatusOr<JudgedRecord> judged = JudgeRecord(text);
    if (!judged.ok() || judged->judgement.answer != Answer::kHolds) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * text.size());
}
BENCHMARK(BM_Judge);

void BM_ParseText(benchmark::State& state) {
  const std::string& text = RecordText();
  for (auto _ : state) benchmark::DoNotOptimize(ParseText(text));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ParseText);

void BM_CanonicalHash(benchmark::State& state) {
  const ParsedText parsed = ParseText(RecordText()).value();
  for (auto _ : state) benchmark::DoNotOptimize(CanonicalHash(parsed.value));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CanonicalHash);

// The ceilings: each library's own value, and the hash of a canonical form that is at hand.
template <typename Parse>
void ParseAndHash(benchmark::State& state, const Parse& parse) {
  const std::string& text = RecordText();
  const std::string canonical = CanonicalJson(ParseStrict(text).value());
  for (auto _ : state) {
    parse(text);
    benchmark::DoNotOptimize(merkle::Sha256(canonical));
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_NlohmannAndSha256(benchmark::State& state) {
  ParseAndHash(state, [](const std::string& text) { benchmark::DoNotOptimize(Json::parse(text)); });
}
BENCHMARK(BM_NlohmannAndSha256);

void BM_RapidJsonAndSha256(benchmark::State& state) {
  ParseAndHash(state, [](const std::string& text) {
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    benchmark::DoNotOptimize(document);
  });
}
BENCHMARK(BM_RapidJsonAndSha256);

}  // namespace
}  // namespace cairn::certificate
