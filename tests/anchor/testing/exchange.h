// Carries a backend's HTTP over a socket of loopback: what the tests of backends plug in.
//
// One connection a request, read until the server hangs up. Of the deadline it knows nothing; a
// server that hangs ends the test (tests/testing/http.h).

#ifndef CAIRN_TESTS_ANCHOR_TESTING_EXCHANGE_H_
#define CAIRN_TESTS_ANCHOR_TESTING_EXCHANGE_H_

#include "absl/status/statusor.h"
#include "anchor/http.h"

namespace cairn::testing {

// Of http://HOST:PORT/PATH.
absl::StatusOr<anchor::HttpAnswer> ExchangeOnLoopback(const anchor::HttpRequest& request);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_ANCHOR_TESTING_EXCHANGE_H_
