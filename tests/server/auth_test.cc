// Who may write, and in whose name: tokens, signatures, and what is refused.

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

using grpc::StatusCode;

constexpr char kAcmeToken[] = "acme-token-5e0f";
constexpr char kBetaToken[] = "beta-token-77aa";

class AuthTest : public ::testing::Test {
 protected:
  AuthTest() : old_key_(KeyFromByte('o')), key_(KeyFromByte('k')), other_(KeyFromByte('x')) {
    Start(Config(key_));
  }

  // acme and beta by token, beta with a key as well; sig by signature.
  std::string Config(const PrivateKey& sig_key) const {
    return absl::StrCat(
        "certifier { name: 'acme' demand: CHANNEL token_sha256: '", HashOf(kAcmeToken).Hex(),
        "' }\n", "certifier { name: 'beta' demand: CHANNEL key: '", PublicText(key_),
        "' token_sha256: '", HashOf(kBetaToken).Hex(), "' }\n",
        "certifier { name: 'sig' demand: SIGNED key: '", PublicText(sig_key), "' }\n");
  }

  void Start(const std::string& config) {
    WriteFile(directory_.path() / "config", config);
    cairnd_.emplace(
        CairndArgs(directory_.path(), {"--config", (directory_.path() / "config").string()}));
    if (!cairnd_->running()) {
      cairnd_->Wait();
      FAIL() << cairnd_->output();
    }
  }

  Client Caller(const std::string& token = "") const { return Client(cairnd_->address(), token); }

  static v1::Statement By(const std::string& certifier, const std::string& text) {
    v1::Statement statement = StatementOn(text);
    statement.set_certifier(certifier);
    return statement;
  }

  // The certifier and signature under which an answered entry stands.
  static entry::SignedStatement Logged(const v1::AppendResponse& answer) {
    const auto entry = entry::Decode(answer.entry());
    EXPECT_TRUE(entry.ok()) << entry.status();
    return std::get<entry::SignedStatement>(entry->body);
  }

  FreshDirectory directory_;
  const PrivateKey old_key_;
  const PrivateKey key_;
  const PrivateKey other_;
  std::optional<Cairnd> cairnd_;
};

TEST_F(AuthTest, ATokenSpeaksForItsCertifierNamedOrNot) {
  v1::AppendResponse answer;
  Client acme = Caller(kAcmeToken);
  ASSERT_TRUE(acme.Append(StatementOn("unnamed"), &answer).ok());
  EXPECT_EQ(Logged(answer).statement.certifier, "acme");
  ASSERT_TRUE(acme.Append(By("acme", "named"), &answer).ok());
  EXPECT_EQ(Logged(answer).statement.certifier, "acme");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(Logged(answer).signature));
}

TEST_F(AuthTest, CredentialsThatAreMissingOrNobodysAreUnauthenticated) {
  EXPECT_EQ(Caller().Append(By("acme", "a")).error_code(), StatusCode::UNAUTHENTICATED);
  const grpc::Status bad = Caller("guess").Append(By("acme", "a"));
  EXPECT_EQ(bad.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(bad.error_message().find("guess"), std::string::npos) << "tokens are not repeated";
  EXPECT_EQ(Caller("").Append(By("sig", "a")).error_code(), StatusCode::UNAUTHENTICATED);
  v1::AppendStreamRequest batch;
  *batch.add_statements() = StatementOn("a");
  v1::AppendStreamResponse answer;
  Client guess = Caller("guess");
  EXPECT_EQ(guess.AppendBatch(batch, &answer).error_code(), StatusCode::UNAUTHENTICATED);

  Client client = Caller();
  for (const char* header : {"Basic abc", "Bearer", "acme-token-5e0f"}) {
    const auto context = client.Context();
    context->AddMetadata("authorization", header);
    v1::AppendRequest request;
    *request.mutable_statement() = StatementOn("a");
    v1::AppendResponse response;
    EXPECT_EQ(client.stub().Append(context.get(), request, &response).error_code(),
              StatusCode::UNAUTHENTICATED)
        << header;
  }
}

TEST_F(AuthTest, AnothersNameAndUnknownNamesAreDenied) {
  EXPECT_EQ(Caller(kAcmeToken).Append(By("beta", "a")).error_code(), StatusCode::PERMISSION_DENIED);
  const grpc::Status unknown = Caller().Append(By("nobody", "a"));
  EXPECT_EQ(unknown.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_NE(unknown.error_message().find("`nobody` is not declared"), std::string::npos);
  EXPECT_EQ(Caller(kAcmeToken).Append(By("nobody", "a")).error_code(),
            StatusCode::PERMISSION_DENIED);
}

TEST_F(AuthTest, AnonymousWritesUnsignedOnly) {
  v1::AppendResponse answer;
  ASSERT_TRUE(Caller().Append(By("anonymous", "a"), &answer).ok());
  EXPECT_EQ(Logged(answer).statement.certifier, "anonymous");
  const v1::Statement named = By("anonymous", "b");
  EXPECT_EQ(Caller().AppendSigned(named, Sign(key_, named, kTestOrigin)).error_code(),
            StatusCode::PERMISSION_DENIED);
  v1::Statement unnamed = StatementOn("b");
  const grpc::Status status = Caller().AppendSigned(unnamed, Sign(key_, unnamed, kTestOrigin));
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(status), "statement.certifier");
}

TEST_F(AuthTest, ASignedStatementNeedsNoChannelAndKeepsItsSignature) {
  const v1::Statement statement = By("sig", "a");
  v1::AppendResponse answer;
  const grpc::Status status =
      Caller().AppendSigned(statement, Sign(key_, statement, kTestOrigin), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(entry::VerifyStatement(kTestOrigin, Logged(answer), key_.public_key()).ok());
  EXPECT_TRUE(CheckAnswer(answer).ok());
}

TEST_F(AuthTest, SignaturesThatDoNotHoldAreDenied) {
  const v1::Statement statement = By("sig", "a");
  // By another key, for another log, over something else, damaged.
  std::vector<v1::Signature> bad = {
      Sign(other_, statement, kTestOrigin), Sign(key_, statement, "log.example/other"),
      Sign(key_, By("sig", "b"), kTestOrigin), Sign(key_, statement, kTestOrigin)};
  (*bad.back().mutable_signature())[5] ^= 1;
  v1::Signature claimed = Sign(other_, statement, kTestOrigin);
  claimed.set_key(std::string(key_.public_key().view()));
  bad.push_back(claimed);
  for (size_t i = 0; i < bad.size(); ++i) {
    const grpc::Status status = Caller().AppendSigned(statement, bad[i]);
    EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED) << i;
    EXPECT_FALSE(status.error_message().empty());
  }
  // What was signed is what is logged: the policy status cannot be changed on the way.
  v1::Statement changed = statement;
  changed.set_policy_status(v1::POLICY_STATUS_PASS);
  EXPECT_EQ(Caller().AppendSigned(changed, Sign(key_, statement, kTestOrigin)).error_code(),
            StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Caller().AppendSigned(statement, Sign(key_, statement, kTestOrigin)).ok());
}

TEST_F(AuthTest, AChannelCertifierMaySignButNotInsteadOfItsChannel) {
  const v1::Statement statement = By("beta", "a");
  const v1::Signature signature = Sign(key_, statement, kTestOrigin);
  EXPECT_EQ(Caller().AppendSigned(statement, signature).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(
      Caller(kBetaToken).AppendSigned(statement, Sign(other_, statement, kTestOrigin)).error_code(),
      StatusCode::PERMISSION_DENIED);
  // acme has no key at all.
  const v1::Statement keyless = By("acme", "a");
  EXPECT_EQ(Caller(kAcmeToken).AppendSigned(keyless, Sign(key_, keyless, kTestOrigin)).error_code(),
            StatusCode::PERMISSION_DENIED);
  v1::AppendResponse answer;
  ASSERT_TRUE(Caller(kBetaToken).AppendSigned(statement, signature, &answer).ok());
  EXPECT_TRUE(std::holds_alternative<entry::SingleSignature>(Logged(answer).signature));
}

TEST_F(AuthTest, ABatchSignatureIsStoredWithEachStatementsPath) {
  std::vector<v1::Statement> statements;
  for (int i = 0; i < 5; ++i) statements.push_back(By("sig", absl::StrCat(i)));
  v1::AppendStreamRequest request;
  for (const v1::Statement& statement : statements) *request.add_statements() = statement;
  *request.mutable_batch_signature() = SignBatch(key_, statements, kTestOrigin);
  request.set_want_entries(true);
  v1::AppendStreamResponse answer;
  Client client = Caller();
  ASSERT_TRUE(client.AppendBatch(request, &answer).ok());
  ASSERT_FALSE(answer.has_error()) << answer.error().message();
  EXPECT_EQ(answer.count(), 5u);
  for (const std::string& bytes : answer.entries()) {
    const auto entry = entry::Decode(bytes);
    ASSERT_TRUE(entry.ok());
    const auto& one = std::get<entry::SignedStatement>(entry->body);
    EXPECT_TRUE(entry::VerifyStatement(kTestOrigin, one, key_.public_key()).ok());
  }
  // The same signature does not carry another batch, nor the same one to another log.
  request.mutable_statements()->SwapElements(0, 1);
  ASSERT_TRUE(client.AppendBatch(request, &answer).ok());
  EXPECT_EQ(answer.error().code(), static_cast<int>(StatusCode::PERMISSION_DENIED));
  request.mutable_statements()->SwapElements(0, 1);
  *request.mutable_batch_signature() = SignBatch(key_, statements, "log.example/other");
  ASSERT_TRUE(client.AppendBatch(request, &answer).ok());
  EXPECT_EQ(answer.error().code(), static_cast<int>(StatusCode::PERMISSION_DENIED));
  // One signature is by one certifier.
  request.mutable_statements(3)->set_certifier("beta");
  ASSERT_TRUE(client.AppendBatch(request, &answer).ok());
  EXPECT_EQ(answer.error().code(), static_cast<int>(StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(BadField(answer.error()), "statements[3].certifier");
}

TEST_F(AuthTest, SignaturesInABatchAreJudgedOneByOne) {
  v1::AppendStreamRequest request;
  for (const char* name : {"a", "b", "c"}) {
    *request.add_statements() = By("sig", name);
    *request.add_signatures() = Sign(key_, By("sig", name), kTestOrigin);
  }
  *request.mutable_signatures(1) = Sign(other_, By("sig", "b"), kTestOrigin);
  v1::AppendStreamResponse answer;
  Client client = Caller();
  ASSERT_TRUE(client.AppendBatch(request, &answer).ok());
  EXPECT_EQ(answer.count(), 2u);
  ASSERT_EQ(answer.exceptions_size(), 1);
  EXPECT_EQ(answer.exceptions(0).item(), 1u);
  EXPECT_EQ(answer.exceptions(0).error().code(), static_cast<int>(StatusCode::PERMISSION_DENIED));
}

TEST_F(AuthTest, RepeatingPublicStatementsTakesNothingFromTheirCertifiersLimits) {
  ASSERT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
  Start(Config(key_) + "default_limits { entries_per_day: 4 }\n");
  const v1::Statement first = By("sig", "first");
  const v1::Signature signature = Sign(key_, first, kTestOrigin);
  ASSERT_TRUE(Caller().AppendSigned(first, signature).ok());
  Client stranger = Caller();
  // The certifier signed this one too, but the log refused it.
  v1::Statement conflict = first;
  conflict.set_policy_status(v1::POLICY_STATUS_FAIL);
  v1::AppendStreamRequest both;
  *both.add_statements() = first;
  *both.add_signatures() = signature;
  *both.add_statements() = conflict;
  *both.add_signatures() = Sign(key_, conflict, kTestOrigin);
  for (int i = 0; i < 10; ++i) {
    v1::AppendResponse repeated;
    ASSERT_TRUE(stranger.AppendSigned(first, signature, &repeated).ok()) << i;
    EXPECT_TRUE(repeated.duplicate());
    EXPECT_EQ(stranger.AppendSigned(conflict, both.signatures(1)).error_code(),
              StatusCode::ALREADY_EXISTS);
    v1::AppendStreamResponse answer;
    ASSERT_TRUE(stranger.AppendBatch(both, &answer).ok());
    ASSERT_FALSE(answer.has_error()) << answer.error().message();
    EXPECT_EQ(answer.exceptions_size(), 2);
  }
  const v1::Statement next = By("sig", "next");
  EXPECT_TRUE(Caller().AppendSigned(next, Sign(key_, next, kTestOrigin)).ok());
}

TEST_F(AuthTest, TwoCertifiersMayStateOneHash) {
  ASSERT_TRUE(Caller(kAcmeToken).Append(StatementOn("shared")).ok());
  v1::Statement other = StatementOn("shared");
  other.set_policy_status(v1::POLICY_STATUS_FAIL);
  v1::AppendResponse answer;
  ASSERT_TRUE(Caller(kBetaToken).Append(other, &answer).ok());
  EXPECT_FALSE(answer.duplicate());
  v1::ProveRequest request;
  request.set_certificate_hash(other.certificate_hash());
  v1::ProveResponse all;
  ASSERT_TRUE(Caller().Prove(request, &all).ok());
  EXPECT_EQ(all.entries_size(), 2);
  request.set_certifier("beta");
  ASSERT_TRUE(Caller().Prove(request, &all).ok());
  ASSERT_EQ(all.entries_size(), 1);
  EXPECT_EQ(all.entries(0).index(), answer.index());
}

class RotationTest : public AuthTest {
 protected:
  void Restart(const std::string& config) {
    ASSERT_EQ(cairnd_->Stop(), 0) << cairnd_->output();
    Start(config);
  }
};

TEST_F(RotationTest, AfterARotationTheOldKeyIsGoodForRetriesOnly) {
  const v1::Statement before = By("sig", "before");
  v1::AppendResponse first;
  ASSERT_TRUE(Caller().AppendSigned(before, Sign(key_, before, kTestOrigin), &first).ok());
  Restart(Config(other_));

  v1::AppendResponse retry;
  const grpc::Status status =
      Caller().AppendSigned(before, Sign(key_, before, kTestOrigin), &retry);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(retry.duplicate());
  EXPECT_EQ(retry.entry(), first.entry());
  // Also signed anew with the new key it is the same statement.
  ASSERT_TRUE(Caller().AppendSigned(before, Sign(other_, before, kTestOrigin), &retry).ok());
  EXPECT_EQ(retry.entry(), first.entry());

  const v1::Statement after = By("sig", "after");
  const grpc::Status refused = Caller().AppendSigned(after, Sign(key_, after, kTestOrigin));
  EXPECT_EQ(refused.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_NE(refused.error_message().find("no longer"), std::string::npos);
  EXPECT_EQ(Caller().AppendSigned(after, Sign(old_key_, after, kTestOrigin)).error_code(),
            StatusCode::PERMISSION_DENIED);
  v1::AppendResponse answer;
  ASSERT_TRUE(Caller().AppendSigned(after, Sign(other_, after, kTestOrigin), &answer).ok());
  EXPECT_FALSE(answer.duplicate());
}

TEST_F(RotationTest, TheLogSaysWhoWasDeclaredRotatedAndRetired) {
  Restart(Config(other_));
  std::string retired = Config(other_);
  retired.replace(retired.find("name: 'acme'"), 12, "name: 'acme' retired: true");
  Restart(retired);
  const grpc::Status refused = Caller(kAcmeToken).Append(StatementOn("late"));
  EXPECT_EQ(refused.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_NE(refused.error_message().find("retired"), std::string::npos);

  std::vector<std::string> entries;
  Client client = Caller();
  ASSERT_TRUE(client.List(0, client.Newest().size.value(), &entries).ok());
  std::vector<std::string> said;
  for (const std::string& bytes : entries) {
    const auto entry = entry::Decode(bytes);
    ASSERT_TRUE(entry.ok());
    const auto& change = std::get<entry::CertifierEntry>(entry->body);
    said.push_back(absl::StrCat(change.name, " ", static_cast<int>(change.action)));
  }
  EXPECT_EQ(said, std::vector<std::string>({"acme 1", "beta 1", "sig 1", "sig 2", "acme 3"}));
}

TEST_F(RotationTest, ARetiredNameIsNeverDeclaredAgain) {
  std::string retired = Config(key_);
  retired.replace(retired.find("name: 'acme'"), 12, "name: 'acme' retired: true");
  Restart(retired);
  ASSERT_EQ(cairnd_->Stop(), 0);
  WriteFile(directory_.path() / "config", Config(key_));
  Cairnd again(
      CairndArgs(directory_.path(), {"--config", (directory_.path() / "config").string()}));
  EXPECT_FALSE(again.running());
  EXPECT_EQ(again.Wait(), 3);
  EXPECT_NE(again.output().find("`acme` was retired"), std::string::npos) << again.output();
}

}  // namespace
}  // namespace cairn::testing
