// Prometheus's text format, version 0.0.4, read strictly.
//
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/. Beyond what a scraper
// demands: every family has HELP and TYPE, in this order, and occurs once; counters end in _total;
// a histogram's buckets rise, end with +Inf, and agree with its count.

#ifndef CAIRN_TESTS_TESTING_EXPOSITION_H_
#define CAIRN_TESTS_TESTING_EXPOSITION_H_

#include <map>
#include <string>
#include <vector>

namespace cairn::testing {

struct Exposition {
  // What is wrong, each with its line; empty: all is well.
  std::vector<std::string> errors;
  // By name and labels as they stand: `a_total{code="OK"}`.
  std::map<std::string, double> samples;

  // 0 where there is no such sample.
  double operator[](const std::string& sample) const {
    const auto at = samples.find(sample);
    return at == samples.end() ? 0 : at->second;
  }
};

Exposition ParseExposition(const std::string& text);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_TESTING_EXPOSITION_H_
